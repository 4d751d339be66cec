package llb

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	bk "github.com/moby/buildkit/client/llb"

	"github.com/cranekit/cranekit/config"
)

// asUser has a script run by the user of a check, if it has one, and adds what
// does that to the scripts that are mounted.
func asUser(c config.Check, args, scripts []string) (command, mounted []string) {
	if c.User == "" {
		return args, scripts
	}
	return slices.Concat([]string{args[0], libDir + "/user.sh", c.User}, args[1:]), append(slices.Clone(scripts), "user.sh")
}

// owned are the options of a copy that belongs to the user of a check, as far as the
// number is known: scripts/user.sh sees to the rest, file by file.
func owned(c config.Check) []bk.CopyOption {
	uid, gid, given := strings.Cut(c.User, ":")
	if _, err := strconv.Atoi(uid); err != nil {
		return nil
	}
	if !given {
		gid = uid
	}
	return []bk.CopyOption{bk.WithUser(uid + ":" + gid)}
}

// homeMount mounts CARGO_HOME. For another user than root it can be written to and
// is dropped afterwards: a crate can hold files that nobody else may read.
func homeMount(c config.Check, home bk.State) bk.RunOption {
	if c.User == "" {
		return bk.AddMount(cargoHome, home, bk.Readonly)
	}
	return bk.AddMount(cargoHome, home, bk.ForceNoOutput)
}

// insecureWhy is what asks for a check without sandbox, "" for a check that has
// one.
func insecureWhy(cfg *config.Config, c config.Check) string {
	if !c.Insecure {
		return ""
	}
	return cmp.Or(cfg.Origins["checks."+c.Name+".insecure"], "insecure")
}
