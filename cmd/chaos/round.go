package main

import (
	"fmt"
	"math/rand/v2"
)

// phase is what a run has to do when the fault comes.
type phase string

// The phases.
const (
	// phaseNew is a first run on a builder that has not even the toolchain.
	phaseNew phase = "new builder"
	// phaseFirst is the first run of a workspace.
	phaseFirst  phase = "first run"
	phaseEdited phase = "edited"
	phaseCached phase = "cached"
)

// fault is what happens in the middle of it.
type fault string

// The faults.
const (
	builderKilled  fault = "builder killed"
	clientKilled   fault = "client killed"
	interrupted    fault = "interrupted"
	registryKilled fault = "registry killed"
	diskFilled     fault = "disk filled"
)

func phases() []phase { return []phase{phaseNew, phaseFirst, phaseEdited, phaseCached} }

func faults() []fault {
	return []fault{builderKilled, clientKilled, interrupted, registryKilled, diskFilled}
}

// round is one fault.
type round struct {
	number int
	phase  phase
	fault  fault
	// at is when the fault comes, as a part of the time that the run takes.
	at float64
}

func (r round) String() string {
	return fmt.Sprintf("%-11s  %-15s at %3.0f %%", r.phase, r.fault, r.at*100)
}

// draw draws a round. A new builder is dear, and most that can go wrong there
// does so in the first seconds.
func draw(random *rand.Rand) round {
	r := round{phase: phases()[random.IntN(len(phases()))], fault: faults()[random.IntN(len(faults()))], at: random.Float64()}
	if r.phase == phaseNew {
		r.at *= r.at
	}
	return r
}
