package cargo

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path"
	"slices"
	"strings"
)

// Messages are those of cargo with --message-format=json.
type Messages struct {
	Units []Unit
	// Diagnostics are those of all units, each once.
	Diagnostics []Diagnostic
	// Finished reports whether cargo came to its end, Success whether the build
	// succeeded.
	Finished bool
	Success  bool

	commands int
	// kept is how many bytes of messages are in Units and Diagnostics; more
	// are the diagnostics that are not there, by level.
	keptUnits, keptDiagnostics int
	maxUnits, maxDiagnostics   int
	more                       map[string]int
}

// Unit is a compiled target of a package.
type Unit struct {
	PackageID string
	Name      string
	Version   string
	// Target is the target's name, Kinds are lib, bin, proc-macro, test,
	// custom-build and so on, CrateTypes what rustc made of it.
	Target     string
	Kinds      []string
	CrateTypes []string
	// Fresh reports whether the unit was there already.
	Fresh bool
	// Local reports whether the package has a path, not a registry or a
	// repository.
	Local      bool
	Filenames  []string
	Executable string
	// Test reports whether the unit was compiled with the test harness.
	Test bool
	// Command is the number of cargo commands that had ended before.
	Command int
}

const (
	// maxMessage bounds the memory that a line of output can take.
	maxMessage = 64 << 20
	// maxUnits and maxDiagnostics bound that of all messages, in bytes of the
	// output. Of more diagnostics only the number is known.
	maxUnits       = 256 << 20
	maxDiagnostics = 64 << 20
)

// message is a line of cargo's output: the union of what is read of them.
type message struct {
	Reason    string `json:"reason"`
	PackageID string `json:"package_id"`
	Target    struct {
		Name       string   `json:"name"`
		Kind       []string `json:"kind"`
		CrateTypes []string `json:"crate_types"`
	} `json:"target"`
	Profile struct {
		Test bool `json:"test"`
	} `json:"profile"`
	Filenames  []string        `json:"filenames"`
	Executable string          `json:"executable"`
	Fresh      bool            `json:"fresh"`
	Message    json.RawMessage `json:"message"`
	Success    bool            `json:"success"`
}

// ReadMessages reads cargo's JSON messages. Whatever programs printed between
// them is passed over.
func ReadMessages(r io.Reader) (*Messages, error) {
	m := &Messages{more: map[string]int{}, maxUnits: maxUnits, maxDiagnostics: maxDiagnostics}
	if err := m.read(r); err != nil {
		return nil, err
	}
	return m, nil
}

func (m *Messages) read(r io.Reader) error {
	seen := map[string]bool{}
	lines := bufio.NewReaderSize(r, 64<<10)
	for {
		line, err := readLine(lines)
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("reading cargo's messages: %w", err)
		}
		m.add(line, seen)
		if m.keptUnits > m.maxUnits {
			return fmt.Errorf("reading cargo's messages: more than %d MiB of them are about artifacts", m.maxUnits>>20)
		}
		if err != nil {
			return nil
		}
	}
}

// readLine returns the next line, nothing in place of one that is too long.
func readLine(r *bufio.Reader) ([]byte, error) {
	var line []byte
	for long := false; ; {
		part, err := r.ReadSlice('\n')
		long = long || len(line)+len(part) > maxMessage
		if long {
			line = nil
		} else {
			line = append(line, part...)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, err
		}
	}
}

func (m *Messages) add(line []byte, seen map[string]bool) {
	var msg message
	if line = bytes.TrimSpace(line); !bytes.HasPrefix(line, []byte("{")) || json.Unmarshal(line, &msg) != nil {
		return
	}
	switch msg.Reason {
	case "compiler-artifact":
		u := msg.unit()
		u.Command = m.commands
		m.Units = append(m.Units, u)
		m.keptUnits += len(line)
	case "compiler-message":
		d, ok := readDiagnostic(msg.Message)
		switch key := d.key(); {
		case !ok || seen[key]:
		case m.keptDiagnostics > m.maxDiagnostics:
			m.more[d.level()]++
		default:
			seen[key] = true
			d.Package = parsePackageID(msg.PackageID).name
			m.Diagnostics = append(m.Diagnostics, d)
			m.keptDiagnostics += len(line)
		}
	case "build-finished":
		// A check may run cargo several times: all have to succeed.
		m.Success = msg.Success && (m.Success || !m.Finished)
		m.Finished = true
		m.commands++
	}
}

func (msg *message) unit() Unit {
	id := parsePackageID(msg.PackageID)
	return Unit{
		PackageID:  msg.PackageID,
		Name:       id.name,
		Version:    id.version,
		Target:     msg.Target.Name,
		Kinds:      msg.Target.Kind,
		CrateTypes: msg.Target.CrateTypes,
		Fresh:      msg.Fresh,
		Local:      id.dir != "",
		Filenames:  msg.Filenames,
		Executable: msg.Executable,
		Test:       msg.Profile.Test,
	}
}

// packageID is a parsed package id; dir is only that of a local package.
type packageID struct{ name, version, source, dir string }

// parsePackageID reads the ids of today, `source#name@version`, where the name
// may be left out if it ends the source, and those before cargo 1.77,
// `name version (source)`.
func parsePackageID(id string) packageID {
	var p packageID
	var source string
	if old, ok := strings.CutSuffix(id, ")"); ok {
		ref, within, _ := strings.Cut(old, " (")
		p.name, p.version, _ = strings.Cut(ref, " ")
		source = within
	} else {
		var rest string
		source, rest, _ = strings.Cut(id, "#")
		name, version, named := strings.Cut(rest, "@")
		if !named {
			location, _, _ := strings.Cut(source, "?")
			name, version = path.Base(location), rest
		}
		p.name, p.version = name, version
	}
	p.source = source
	if dir, ok := strings.CutPrefix(source, "path+file://"); ok {
		if plain, err := url.PathUnescape(dir); err == nil {
			dir = plain
		}
		p.dir = path.Clean(dir)
	}
	return p
}

// Reuse counts the third-party units of a build.
type Reuse struct {
	// Reused is the number of units that were there already.
	Reused int
	// Rebuilt are the others, as in "libc 0.2.1 (lib)".
	Rebuilt []string
}

// Reuse counts the units that are not of the workspace: those of registries,
// of git, and of the local packages in the directories real, such as
// "/src/vendor/x".
func (m *Messages) Reuse(real []string) Reuse {
	fresh := map[string]bool{}
	label := map[string]string{}
	for i := range m.Units {
		u := &m.Units[i]
		if u.Local && !slices.Contains(real, parsePackageID(u.PackageID).dir) {
			continue
		}
		key := strings.Join(append([]string{u.PackageID, u.Target}, u.Filenames...), "\x00")
		// A unit that one command compiles is fresh to the next.
		before, known := fresh[key]
		fresh[key] = u.Fresh && (before || !known)
		label[key] = u.String()
	}
	var r Reuse
	for key, isFresh := range fresh {
		if isFresh {
			r.Reused++
		} else {
			r.Rebuilt = append(r.Rebuilt, label[key])
		}
	}
	slices.Sort(r.Rebuilt)
	return r
}

func (u *Unit) String() string {
	kind := "unknown"
	if len(u.Kinds) > 0 {
		kind = u.Kinds[0]
	}
	return fmt.Sprintf("%s %s (%s)", u.Name, u.Version, kind)
}

// Binaries returns the files that a build of the workspace is for: programs,
// and libraries for other languages. Tests, benchmarks and examples are none,
// nor are programs that another package asked for as a dependency. The script
// messages.awk follows the same rule where the files are, in the container.
func (m *Messages) Binaries() []string {
	var files []string
	for i := range m.Units {
		u := &m.Units[i]
		if !u.Local || u.Test {
			continue
		}
		if u.Executable != "" && slices.Contains(u.Kinds, "bin") {
			files = append(files, u.Executable)
		}
		if !slices.ContainsFunc(u.Kinds, isForeign) {
			continue
		}
		for _, name := range u.Filenames {
			switch path.Ext(name) {
			case ".rlib", ".rmeta", ".d":
			default:
				files = append(files, name)
			}
		}
	}
	files = slices.DeleteFunc(files, func(name string) bool { return strings.Contains(name, "/deps/artifact/") })
	slices.Sort(files)
	return slices.Compact(files)
}

// isForeign reports whether a kind of target is linked by other than cargo.
func isForeign(kind string) bool {
	return kind == "cdylib" || kind == "staticlib" || kind == "dylib"
}
