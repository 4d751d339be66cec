package publish

import "testing"

// TestLoadTag wants no reference from the name of a program: one that comes out
// of a container as rust:1-slim would be everybody's toolchain in the engine.
func TestLoadTag(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ load, title, want string }{
		{LoadByName, "Lumber-cli", "lumber-cli:latest"},
		{LoadByName, "rust:1-slim", ""},
		{LoadByName, "registry.example/rust", ""},
		{LoadByName, "localhost:5000/rust", ""},
		{LoadByName, "", ""},
		{"own/rust:1", "x", "own/rust:1"},
	} {
		p := Publication{title: c.title}
		p.Load = c.load
		tag, err := p.loadTag()
		if got := tag.String(); (err == nil) != (c.want != "") || c.want != "" && got != c.want {
			t.Errorf("--load=%s of %q: %s, %v; want %q", c.load, c.title, got, err, c.want)
		}
	}
}
