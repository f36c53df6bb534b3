// Parses C# blocks of the pages: `parse.mjs MODULES CASES RESULTS`; a result is a block's first
// place that is no C#, or null.
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const [modules, cases, results] = process.argv.slice(2)
const require = createRequire(`${modules}/`)
const { Parser, Language } = await import(require.resolve('web-tree-sitter'))
await Parser.init()
const parser = new Parser()
const grammar = require.resolve('tree-sitter-c-sharp/tree-sitter-c_sharp.wasm')
parser.setLanguage(await Language.load(readFileSync(grammar)))

function wrong (node) {
  if (node.isError || node.isMissing) return `${node.startPosition.row + 1}: ${node.text.slice(0, 80)}`
  for (const child of node.children) {
    const found = child.hasError || child.isMissing ? wrong(child) : null
    if (found) return found
  }
  return null
}

const { samples } = JSON.parse(readFileSync(cases, 'utf8'))
writeFileSync(results, JSON.stringify(samples.map(({ name, text }) => {
  const root = parser.parse(text).rootNode
  return { name, error: root.hasError ? wrong(root) ?? 'somewhere' : null }
})))
