// Command cranekit runs a Rust workspace's CI in containers.
package main

import (
	"os"

	"github.com/cranekit/cranekit/cmd"
)

// version is set by the linker.
var version = "dev"

func main() {
	os.Exit(cmd.Execute(version, os.Args[1:]))
}
