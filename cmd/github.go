package cmd

import (
	"crypto/rand"
	"fmt"
	"os"
)

// quote has a runner of GitHub Actions, or of what works alike, take no
// commands from what is printed until end is called: what is printed then has
// words of tests and compilers. It is made harmless too, which other runners
// have to do with. The word that ends it is told to nobody else.
//
// Both lines go to standard output: what a runner reads there is in order.
func (a *app) quote() (end func()) {
	if os.Getenv("GITHUB_ACTIONS") != "true" {
		return func() {}
	}
	word := rand.Text()
	fmt.Fprintf(raw(a.out), "::stop-commands::%s\n", word)
	return func() { fmt.Fprintf(raw(a.out), "::%s::\n", word) }
}
