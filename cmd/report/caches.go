package report

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/cranekit/cranekit/buildkit/cache"
)

// Cache is what a run did with a shared cache.
type Cache struct {
	// Name is the type and the name, without credentials.
	Name   string `json:"name"`
	Import Import `json:"import"`
	Export Export `json:"export"`
	// Problems are warnings: what could not be read or written.
	Problems []string `json:"problems"`
}

// Import is what a cache had.
type Import struct {
	// Found are the stages and checks that the cache has results of.
	Found []string `json:"found"`
	// Seconds is the time of asking the cache and of pulling from it.
	Seconds float64 `json:"seconds"`
	// Bytes is the size of the layers that were pulled.
	Bytes int64 `json:"bytes"`
	// SavedSeconds is the part of [Summary.SavedSeconds] that the cache had.
	// The builder may have had it too.
	SavedSeconds float64 `json:"saved_seconds"`
}

// Export is what was saved.
type Export struct {
	Saved   []string `json:"saved"`
	Seconds float64  `json:"seconds"`
	// Bytes is the size of the layers, nil where it is not known.
	Bytes *int64 `json:"bytes"`
}

// Caches turns the facts of a run into rows.
func Caches(facts []cache.Fact) []Cache {
	rows := make([]Cache, 0, len(facts))
	for _, f := range facts {
		row := Cache{
			Name: f.Name, Problems: list(f.Problems),
			Import: Import{Found: list(f.Found), Seconds: Seconds(f.Import), Bytes: f.Imported},
			Export: Export{Saved: list(f.Saved), Seconds: Seconds(f.Export)},
		}
		if f.Exported >= 0 {
			row.Export.Bytes = &f.Exported
		}
		rows = append(rows, row)
	}
	return rows
}

// list is a list in JSON, never null.
func list(items []string) []string {
	if items == nil {
		return []string{}
	}
	return items
}

// cacheLines tell what each cache did, and what went wrong.
func (o Options) cacheLines(s *Summary) string {
	var out bytes.Buffer
	for _, c := range s.Caches {
		parts := []string{}
		if n := len(c.Import.Found); n > 0 {
			found := fmt.Sprintf("%d found", n)
			if c.Import.SavedSeconds > 0 {
				found += " (" + clock(c.Import.SavedSeconds) + " of compiling)"
			}
			parts = append(parts, fmt.Sprintf("%s, %s pulled in %s", found, size(c.Import.Bytes), clock(c.Import.Seconds)))
		} else if c.Import.Seconds > 0 {
			parts = append(parts, "nothing found in "+clock(c.Import.Seconds))
		}
		if n := len(c.Export.Saved); n > 0 {
			saved := fmt.Sprintf("%d saved in %s", n, clock(c.Export.Seconds))
			if c.Export.Bytes != nil {
				saved = fmt.Sprintf("%d saved, %s in %s", n, size(*c.Export.Bytes), clock(c.Export.Seconds))
			}
			parts = append(parts, saved)
		}
		if len(parts) > 0 {
			fmt.Fprintln(&out, o.paint(dim, "cache "+c.Name+": "+strings.Join(parts, ", ")))
		}
		for _, problem := range c.Problems {
			fmt.Fprintf(&out, "%s cache %s: %s\n", o.paint(yellow, "warning:"), c.Name, problem)
		}
	}
	return out.String()
}

// size renders bytes for people.
func size(n int64) string {
	const unit = 1000
	switch {
	case n < unit*unit:
		return fmt.Sprintf("%.1f kB", float64(n)/unit)
	case n < unit*unit*unit:
		return fmt.Sprintf("%.1f MB", float64(n)/(unit*unit))
	}
	return fmt.Sprintf("%.2f GB", float64(n)/(unit*unit*unit))
}

// CacheProblems reports whether a cache could not be read or written.
func (s *Summary) CacheProblems() bool {
	for _, c := range s.Caches {
		if len(c.Problems) > 0 {
			return true
		}
	}
	return false
}
