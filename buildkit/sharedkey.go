package buildkit

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"

	"github.com/moby/buildkit/client"
)

// share lets the builder keep the files of a checkout between runs and receive
// differences only: those that have other times, see [source.Confined].
func (in Inputs) share(opt *client.SolveOpt) {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%s", Machine(), in.Tree.Root))
	opt.SharedKey = hex.EncodeToString(sum[:])
}

// Machine tells this machine from others that have the same paths.
func Machine() string {
	host, _ := os.Hostname()
	id, _ := os.ReadFile("/etc/machine-id")
	return host + "\x00" + string(id)
}
