package cargo

import (
	"encoding/xml"
	"fmt"
	"io"
)

// Coverage is the line coverage of a report.
type Coverage struct {
	Percent float64
	// Covered and Total are lines.
	Covered, Total int
}

// ReadCoverage reads a report in Cobertura's format.
func ReadCoverage(r io.Reader) (Coverage, error) {
	var report struct {
		XMLName xml.Name `xml:"coverage"`
		Rate    float64  `xml:"line-rate,attr"`
		Covered int      `xml:"lines-covered,attr"`
		Valid   int      `xml:"lines-valid,attr"`
	}
	if err := xml.NewDecoder(r).Decode(&report); err != nil {
		return Coverage{}, fmt.Errorf("reading the coverage report: %w", err)
	}
	c := Coverage{Percent: 100 * report.Rate, Covered: report.Covered, Total: report.Valid}
	if c.Total > 0 {
		c.Percent = 100 * float64(c.Covered) / float64(c.Total)
	}
	return c, nil
}
