// Package given holds what a sample takes as given, and holds what it claims against a server.
package given

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/neo4j/neo4j-go-driver/v5/neo4j"
	"github.com/neo4j/neo4j-go-driver/v5/neo4j/config"
)

const (
	parallel = 60
	limit    = 4
	hold     = 50 * time.Millisecond
	patience = 30 * time.Second
)

// Given is what stands outside of a sample.
type Given struct {
	Uri    string
	Auth   neo4j.AuthToken
	Driver neo4j.DriverWithContext
	Tell   func(key string, value any)
}

// Bound is the sample's own bound.
type Bound interface {
	Run(context.Context, func(context.Context) error) error
}

// Run runs a sample twice and returns what was found.
func Run(uri, name string, run func(context.Context) error, give func(Given)) map[string]any {
	ctx := context.Background()
	found := map[string]any{"name": name, "error": nil, "agents": []string{}, "proof": nil}
	auth := neo4j.BasicAuth("neo4j", "secret", "")
	driver, err := neo4j.NewDriverWithContext(uri, auth, func(c *config.Config) {
		c.MaxConnectionPoolSize = 1
		c.ConnectionAcquisitionTimeout = 2 * time.Second
	})
	if err != nil {
		return map[string]any{"name": name, "error": err.Error()}
	}
	defer driver.Close(ctx)
	give(Given{uri, auth, driver, func(key string, value any) { found[key] = value }})
	for time := 0; time < 2; time++ {
		if err := run(ctx); err != nil {
			found["error"] = fmt.Sprintf("%T: %v", err, err)
			break
		}
	}
	return found
}

// Check asks through the sample's own driver which user agents the server sees.
func Check(ctx context.Context, g Given, made neo4j.DriverWithContext) error {
	if made == g.Driver {
		return nil
	}
	query := "CALL dbms.listConnections() YIELD userAgent RETURN userAgent"
	seen, err := neo4j.ExecuteQuery(ctx, made, query, nil, neo4j.EagerResultTransformer)
	if err != nil {
		return err
	}
	agents := []any{}
	for _, row := range seen.Records {
		agents = append(agents, row.Values[0])
	}
	g.Tell("agents", agents)
	return nil
}

// Prove sends the same burst with a bound of four and with none, then waits for a slot in vain.
func Prove(ctx context.Context, g Given, make func(int, time.Duration) Bound, busy error) error {
	driver, err := neo4j.NewDriverWithContext(g.Uri, g.Auth)
	if err != nil {
		return err
	}
	defer driver.Close(ctx)
	work := func(ctx context.Context) error {
		session := driver.NewSession(ctx, neo4j.SessionConfig{})
		defer session.Close(ctx)
		tx, err := session.BeginTransaction(ctx)
		if err != nil {
			return err
		}
		defer tx.Close(ctx)
		if _, err := tx.Run(ctx, "RETURN 1", nil); err != nil {
			return err
		}
		time.Sleep(hold)
		return tx.Commit(ctx)
	}
	bound := make(limit, patience)
	bounded, err := rejected(together(parallel, func() error { return bound.Run(ctx, work) }))
	if err != nil {
		return err
	}
	unbounded, err := rejected(together(parallel, func() error { return work(ctx) }))
	if err != nil {
		return err
	}
	one := make(1, hold/5)
	slow := func(context.Context) error { time.Sleep(hold); return nil }
	held, refused := 0, 0
	for _, end := range together(2, func() error { return one.Run(ctx, slow) }) {
		if end == nil {
			held++
		} else if errors.Is(end, busy) {
			refused++
		}
	}
	g.Tell("proof", map[string]any{
		"bounded": bounded, "unbounded": unbounded, "first": held == 1, "busy": refused == 1,
		"again": one.Run(ctx, slow) == nil,
	})
	return nil
}

func together(number int, work func() error) []error {
	ends := make([]error, number)
	var group sync.WaitGroup
	for i := range ends {
		group.Add(1)
		go func(i int) { defer group.Done(); ends[i] = work() }(i)
	}
	group.Wait()
	return ends
}

func rejected(ends []error) (int, error) {
	refused := 0
	for _, end := range ends {
		switch {
		case end == nil:
		case strings.Contains(end.Error(), "NoThreadsAvailable"):
			refused++
		default:
			return 0, end
		}
	}
	return refused, nil
}
