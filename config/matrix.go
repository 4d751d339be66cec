package config

import (
	"maps"
	"slices"
)

// expand returns the checks with one for each leg of the matrix in the place
// of each that runs on legs.
func (l *loader) expand(c *Config) []Check {
	for i := range l.legs {
		l.fillLeg(c, &l.legs[i])
	}
	c.Legs = l.legs
	var checks []Check
	for _, check := range l.checks {
		chosen := l.chosenLegs(&check)
		if len(chosen) == 0 {
			checks = append(checks, check)
		}
		for _, leg := range chosen {
			checks = append(checks, l.onLeg(c, check, leg))
		}
	}
	l.reportTwins(checks)
	return checks
}

// reportTwins reports checks whose names are those of others on a leg.
func (l *loader) reportTwins(checks []Check) {
	seen := map[string]Check{}
	for _, check := range checks {
		if other, taken := seen[check.Name]; taken {
			if check.Leg != "" {
				check = other
			}
			path := join("checks", check.Name)
			l.report(l.checkOrigin(&check, path), path, "a check on a leg of the matrix has this name too", "choose another")
		}
		seen[check.Name] = check
	}
}

// fillLeg completes a leg of which only the name is known.
func (l *loader) fillLeg(c *Config, leg *Check) {
	prefix := "matrix." + leg.Leg + "."
	l.exclude(prefix+"features", prefix+"all-features")
	l.exclude(prefix+"packages", prefix+"exclude")
	l.exclude(prefix+"toolchain.image", prefix+"toolchain.oci-layout")
	for i := range l.keys {
		if k := &l.keys[i]; k.ofLeg() {
			l.fill(c, leg, k, prefix+k.leaf())
			if l.origins[prefix+k.leaf()].rank == fromDefault {
				delete(c.Origins, prefix+k.leaf()) // the check's value holds
			}
		}
	}
	l.checkPath(prefix+"toolchain.oci-layout", leg.Toolchain.OCILayout, "index.json", "no OCI layout in ")
}

// chosenLegs are the legs that a check runs on.
func (l *loader) chosenLegs(check *Check) []*Check {
	path := "checks." + check.Name + ".matrix"
	at, given := l.origins[path]
	var chosen []*Check
	for i := range l.legs {
		if leg := &l.legs[i]; given && slices.Contains(check.Matrix, leg.Leg) || !given && !l.indifferent(check) {
			chosen = append(chosen, leg)
		}
	}
	var names []string
	for i := range l.legs {
		names = append(names, l.legs[i].Leg)
	}
	for _, name := range check.Matrix {
		if !slices.Contains(names, name) {
			l.report(at, path, "there is no leg "+name+" in matrix", didYouMean(name, names))
		}
	}
	return chosen
}

// indifferent reports whether settings make no difference to a check.
func (l *loader) indifferent(check *Check) bool {
	i := slices.IndexFunc(l.Kinds, func(k Kind) bool { return k.Name == check.Kind })
	return i >= 0 && l.Kinds[i].Source
}

// onLeg is a check with the settings of a leg over its own.
func (l *loader) onLeg(c *Config, check Check, leg *Check) Check {
	own := "checks." + check.Name + "."
	check.Name, check.Leg, check.Toolchain = check.Name+"@"+leg.Leg, leg.Leg, leg.Toolchain
	from, to := "matrix."+leg.Leg+".", "checks."+check.Name+"."
	for i := range l.keys {
		k := &l.keys[i]
		if !k.ofCheck() {
			continue
		}
		if origin, ok := c.Origins[own+k.leaf()]; ok {
			c.Origins[to+k.leaf()] = origin
		}
		if origin, ok := c.Origins[from+k.leaf()]; ok && k.typ != mapKey {
			c.Origins[to+k.leaf()] = origin
			copySetting(k, &check, leg)
		}
	}
	check.Settings.Env = maps.Clone(check.Settings.Env)
	for name, value := range leg.Settings.Env {
		check.Settings.Env[name] = value
		c.Origins[to+join("env", name)] = c.Origins[from+join("env", name)]
	}
	clearRivals(&check.Settings, leg.Settings)
	return check
}

// copySetting sets the field of a key in one check to that in another.
func copySetting(k *key, to, from *Check) {
	switch field := k.at(nil, to).(type) {
	case *string:
		*field = *k.at(nil, from).(*string)
	case *bool:
		*field = *k.at(nil, from).(*bool)
	case *[]string:
		*field = *k.at(nil, from).(*[]string)
	}
}

// clearRivals drops what makes no sense together with what a leg has set.
func clearRivals(s *Settings, leg Settings) {
	switch {
	case leg.AllFeatures:
		s.Features = nil
	case len(leg.Features) > 0:
		s.AllFeatures = false
	}
	switch {
	case len(leg.Packages) > 0:
		s.Exclude = nil
	case len(leg.Exclude) > 0:
		s.Packages = nil
	}
}
