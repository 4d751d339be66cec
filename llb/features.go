package llb

import (
	"slices"

	"github.com/cranekit/cranekit/config"
	"github.com/cranekit/cranekit/config/cargo"
)

// reduced are settings without the features that make no difference to
// dependencies: with them, stages of other features are the same ones. What is
// left follows from the settings alone.
func (b *builder) reduced(s config.Settings) config.Settings {
	if !s.AllFeatures && !s.NoDefaultFeatures && len(s.Features) == 0 {
		return s
	}
	wanted := featureFlags(s)
	same := func(s config.Settings) bool { return b.features().SameDependencies(wanted, featureFlags(s)) }
	try := func(leave func(*config.Settings)) bool {
		less := s
		leave(&less)
		if !same(less) {
			return false
		}
		s = less
		return true
	}
	if try(func(s *config.Settings) { *s = withoutFeatures(*s) }) {
		return s
	}
	try(func(s *config.Settings) { s.AllFeatures = false })
	try(func(s *config.Settings) { s.NoDefaultFeatures = false })
	for _, name := range s.Features {
		try(func(s *config.Settings) { s.Features = without(s.Features, name) })
	}
	return s
}

// reducedUse is a selection of a command and the settings that it is cooked with:
// those of the stage below, and no features that make no difference on top of
// them. Where a flag takes back what the stage has anyway, as --no-default-features
// does, the command has all that it was given.
func (b *builder) reducedUse(s config.Settings, sel selection) (config.Settings, selection) {
	stack := b.reduced(s)
	if sel.features == nil {
		return stack, sel
	}
	wanted, none := sel.featureFlags(s), sel
	none.features = nil
	switch {
	case b.features().SameDependencies(wanted, featureFlags(stack)):
		return stack, none
	case b.features().SameDependencies(wanted, sel.featureFlags(stack)):
		return stack, sel
	default:
		sel.features = append(featureWords(s), sel.features...)
		return withoutFeatures(stack), sel
	}
}

// features are those of the workspace, read when they are first asked for.
func (b *builder) features() *cargo.FeatureEffects {
	if *b.effects == nil {
		*b.effects = b.ws.FeatureEffects()
	}
	return *b.effects
}

func featureFlags(s config.Settings) cargo.FeatureFlags {
	return cargo.FeatureFlags{All: s.AllFeatures, NoDefault: s.NoDefaultFeatures, Names: s.Features}
}

// featureFlags are those of a selection together with settings.
func (sel selection) featureFlags(s config.Settings) cargo.FeatureFlags {
	flags := featureFlags(s)
	flags.Names = slices.Clone(flags.Names)
	for i, word := range sel.features {
		switch word {
		case "--all-features":
			flags.All = true
		case "--no-default-features":
			flags.NoDefault = true
		case "--features":
			flags.Names = append(flags.Names, sel.features[i+1])
		}
	}
	return flags
}

func withoutFeatures(s config.Settings) config.Settings {
	s.AllFeatures, s.NoDefaultFeatures, s.Features = false, false, nil
	return s
}

func without(names []string, name string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(n string) bool { return n == name })
}
