// Runs JavaScript samples of the pages against a server, and holds what they claim against it.
//
// `run.mjs MODULES CASES RESULTS`: the folder with node_modules, and JSON as for Python. A sample
// takes `uri`, `auth` and `driver` as given; that driver's pool has one connection, so that a
// sample which does not give back what it took fails the second time.
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const [modules, cases, results] = process.argv.slice(2)
const neo4j = createRequire(`${modules}/`)('neo4j-driver')
const { uri, samples } = JSON.parse(readFileSync(cases, 'utf8'))
const auth = neo4j.auth.basic('neo4j', 'secret')
const PARALLEL = 60
const LIMIT = 4
const HOLD = 50
const PATIENCE = 30000
const AsyncFunction = (async () => {}).constructor
const pause = milliseconds => new Promise(resolve => setTimeout(resolve, milliseconds))

// The sample's own names shadow those that are given to it.
function compile (text) {
  const body = text.replace(/^import neo4j from 'neo4j-driver'$/m, '')
  const told = '; return { driver, Bounded: typeof Bounded === "undefined" ? null : Bounded,' +
    ' Busy: typeof Busy === "undefined" ? null : Busy }'
  return new AsyncFunction('neo4j', 'uri', 'auth', 'driver', `{ ${body}\n${told} }`)
}

async function agents (driver) {
  try {
    const asked = 'CALL dbms.listConnections() YIELD userAgent RETURN userAgent'
    const { records } = await driver.executeQuery(asked)
    return records.map(record => record.get('userAgent'))
  } catch (error) {
    if (/closed/i.test(error.message)) return []
    throw error
  } finally {
    await driver.close()
  }
}

async function rejected (burst) {
  const ends = await Promise.allSettled(burst)
  const wrong = ends.filter(end => end.status === 'rejected').map(end => end.reason)
  // A rejection at sign-in has the server's text and another code.
  const other = wrong.filter(error => !error.message.startsWith('There are no available threads'))
  if (other.length) throw other[0]
  return wrong.length
}

// Hold every thread; then a managed transaction needs a connection, whose sign-in needs one too.
async function atSignIn () {
  const driver = neo4j.driver(uri, auth)
  const open = []
  let refused = null
  while (refused === null && open.length < PARALLEL) {
    const session = driver.session()
    open.push(session)
    try {
      const tx = await session.beginTransaction()
      await tx.run('RETURN 1')
    } catch (error) {
      refused = error
    }
  }
  const other = neo4j.driver(uri, auth, { maxTransactionRetryTime: PATIENCE })
  const session = other.session()
  let attempts = 0
  const end = await session.executeRead(tx => { attempts++; return tx.run('RETURN 1') })
    .then(() => null, error => error)
  await other.close()
  await Promise.all(open.map(held => held.close()))
  await driver.close()
  return { code: end?.code, retriable: end?.retriable, attempts }
}

async function prove (Bounded, Busy) {
  const driver = neo4j.driver(uri, auth)
  const work = async () => {
    const session = driver.session()
    try {
      const tx = await session.beginTransaction()
      await tx.run('RETURN 1')
      await pause(HOLD)
      await tx.commit()
    } finally {
      await session.close()
    }
  }
  const all = run => Array.from({ length: PARALLEL }, run)
  const bound = new Bounded(LIMIT, PATIENCE)
  const bounded = await rejected(all(() => bound.run(work)))
  const unbounded = await rejected(all(work))
  await driver.close()
  const one = new Bounded(1, HOLD / 5)
  const hold = async () => { await pause(HOLD); return 'held' }
  const [first, second] = await Promise.allSettled([one.run(hold), one.run(hold)])
  return {
    bounded,
    unbounded,
    signIn: await atSignIn(),
    first: first.value === 'held',
    busy: second.reason instanceof Busy,
    again: await one.run(hold) === 'held'
  }
}

async function run ({ name, text }) {
  const found = { name, error: null, agents: [], proof: null }
  const given = neo4j.driver(uri, auth, { maxConnectionPoolSize: 1, connectionAcquisitionTimeout: 2000 })
  try {
    for (let time = 0; time < 2; time++) {
      const made = await compile(text)(neo4j, uri, auth, given)
      if (made.driver !== given) found.agents = await agents(made.driver)
      if (time && made.Bounded) found.proof = await prove(made.Bounded, made.Busy)
    }
  } catch (error) {
    found.error = String(error.stack)
  }
  await given.close()
  return found
}

const found = []
for (const sample of samples) found.push(await run(sample))
writeFileSync(results, JSON.stringify(found))
process.exit(0)
