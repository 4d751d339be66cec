package cmd

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/cranekit/cranekit/buildkit/source"
	"github.com/cranekit/cranekit/cmd/project"
	"github.com/cranekit/cranekit/config"
	graph "github.com/cranekit/cranekit/llb"
)

// seen are the files of the source that a check sees.
func seen(tree *source.Tree, c config.Check) []string {
	part := graph.SourceOf(c)
	if part.Match == nil {
		return tree.Files
	}
	return slices.DeleteFunc(slices.Clone(tree.Files), func(file string) bool { return !part.Match(file) })
}

// count notes at checks how many files of the source they see, if that is not
// the whole.
func count(ctx context.Context, p *project.Project, nodes []*graph.Node) error {
	tree, err := p.Tree(ctx)
	if err != nil {
		return err
	}
	for _, n := range nodes {
		i := slices.IndexFunc(p.Config.Checks, func(c config.Check) bool { return c.Name == n.Name })
		if n.Role != graph.RoleCheck || i < 0 {
			continue
		}
		all, some := len(tree.Files), len(seen(tree, p.Config.Checks[i]))
		if some < all {
			n.Sees = fmt.Sprintf("%d of %d files", some, all)
		}
	}
	return nil
}

// listFiles prints what one check sees, a file a line.
func (a *app) listFiles(ctx context.Context, p *project.Project, selected []string) error {
	if len(selected) != 1 {
		return project.Usage(errors.New("--files lists what one check sees: name one check"))
	}
	tree, err := p.Tree(ctx)
	if err != nil {
		return err
	}
	list := seen(tree, p.Chosen(selected)[0])
	if len(list) == 0 {
		return nil
	}
	_, err = fmt.Fprintln(a.out, strings.Join(list, "\n"))
	return err
}
