package embedded

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"

	"github.com/moby/sys/userns"
	"golang.org/x/sys/unix"
)

// Preflight says in one line what this machine lacks to run the builder.
func Preflight() error {
	h, err := thisHost()
	if err != nil {
		return err
	}
	return h.check()
}

// host is what Preflight looks at.
type host struct {
	// user is nil for root, who needs no user namespace.
	user *user.User
	// admin reports the right to mount file systems.
	admin bool
	// look finds a program.
	look func(name string) (path string, err error)
	// subIDs reports whether the user has a range in /etc/subuid or subgid.
	subIDs func(path string, u *user.User) (bool, error)
}

func thisHost() (host, error) {
	h := host{look: findProgram, subIDs: hasSubIDs}
	if os.Geteuid() == 0 {
		admin, err := canMount()
		h.admin = admin
		return h, err
	}
	u, err := user.Current()
	h.user = u
	return h, err
}

func (h host) check() error {
	if h.user == nil && !h.admin {
		return errors.New("the embedded builder needs CAP_SYS_ADMIN: run this container with --privileged, or use --builder ADDRESS")
	}
	missing, packages := h.missingPrograms()
	files, err := h.missingSubIDs()
	if err != nil {
		return err
	}
	var remedies []string
	if len(packages) > 0 {
		remedies = append(remedies, "apt-get install "+strings.Join(packages, " "))
	}
	if len(files) > 0 {
		name := h.user.Username
		missing = append(missing, "a range for "+name+" in "+strings.Join(files, " and "))
		remedies = append(remedies, "usermod --add-subuids 100000-165535 --add-subgids 100000-165535 "+name)
	}
	if len(missing) == 0 {
		return nil
	}
	return fmt.Errorf("the embedded builder needs %s: %s", strings.Join(missing, " and "), strings.Join(remedies, " && "))
}

// missingPrograms returns programs and the Debian packages they are in.
func (h host) missingPrograms() (programs, packages []string) {
	needs := [][2]string{{"runc", "runc"}}
	if h.user != nil {
		needs = append(needs, [2]string{"rootlesskit", "rootlesskit"}, [2]string{"newuidmap", "uidmap"})
	}
	for _, need := range needs {
		if _, err := h.look(need[0]); err != nil {
			programs = append(programs, need[0])
			packages = append(packages, need[1])
		}
	}
	return programs, packages
}

// missingSubIDs returns the files that lack a range for the user.
func (h host) missingSubIDs() (files []string, err error) {
	if h.user == nil {
		return nil, nil
	}
	for _, path := range []string{"/etc/subuid", "/etc/subgid"} {
		ok, err := h.subIDs(path, h.user)
		if err != nil {
			return nil, err
		}
		if !ok {
			files = append(files, path)
		}
	}
	return files, nil
}

// findProgram looks in PATH and where Debian keeps programs that are not in
// the PATH of ordinary users, runc among them.
func findProgram(name string) (string, error) {
	path, err := exec.LookPath(name)
	if err == nil {
		return filepath.Abs(path)
	}
	for _, dir := range []string{"/usr/local/sbin", "/usr/sbin", "/sbin"} {
		if path, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
			return path, nil
		}
	}
	return "", err
}

// hasSubIDs reads a file of subordinate ids, lines of user:first:count.
func hasSubIDs(path string, u *user.User) (bool, error) {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		name, _, ok := strings.Cut(lines.Text(), ":")
		if ok && (name == u.Username || name == u.Uid) {
			return true, nil
		}
	}
	return false, lines.Err()
}

// canMount reports whether this process has CAP_SYS_ADMIN.
func canMount() (bool, error) {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&header, &data[0]); err != nil {
		return false, fmt.Errorf("read own capabilities: %w", err)
	}
	return data[0].Effective&(1<<unix.CAP_SYS_ADMIN) != 0, nil
}

// rootless reports whether a builder needs a user namespace made for it.
func rootless() bool { return os.Geteuid() != 0 && !userns.RunningInUserNS() }
