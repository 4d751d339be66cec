// Command chaos interrupts runs of cranekit at random moments and looks at what
// the next run makes of it.
//
// A round is a run (a first one, one after an edit, or one that finds all
// cached) and a fault in the middle of it: builder, client or registry killed,
// or the builder's disk filled. After each the next run has to be green, to
// compile no dependency that was there, and to leave nothing behind.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "chaos:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	var seed uint64
	var rounds int
	var doc string
	flag.Uint64Var(&seed, "seed", uint64(time.Now().UnixNano()), "repeat the rounds of this seed")
	flag.IntVar(&rounds, "rounds", 200, "how many faults to make")
	flag.StringVar(&doc, "doc", "", "write the result to this file")
	flag.Parse()

	fmt.Printf("seed %d, %d rounds\n", seed, rounds)
	b, err := newBench(ctx)
	if err != nil {
		return err
	}
	t := &tally{seed: seed}
	random := rand.New(rand.NewPCG(seed, seed))
	for n := 1; n <= rounds && ctx.Err() == nil; n++ {
		r := draw(random)
		r.number = n
		began := time.Now()
		err := b.round(ctx, r)
		t.add(r, err)
		said := "well"
		if err != nil {
			said = err.Error()
		}
		fmt.Printf("%3d  %s  %.0f s: %s\n", n, r, time.Since(began).Seconds(), said)
	}
	err = errors.Join(context.Cause(ctx), b.close())
	if doc != "" {
		err = errors.Join(err, os.WriteFile(doc, []byte(t.markdown()), 0o644))
	}
	if t.failed() > 0 {
		err = errors.Join(err, fmt.Errorf("%d of %d rounds went wrong", t.failed(), t.count()))
	}
	fmt.Printf("%d passed, %d failed\n", t.count()-t.failed(), t.failed())
	return err
}
