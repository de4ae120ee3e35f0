package cases

import (
	_ "embed"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A Severity says how soon a person must answer. A lower number is worse.
// Severity rises by itself; only a person lowers it.
type Severity int

// Severities. The zero Severity is one that nobody has judged.
const (
	Unjudged    Severity = iota
	Danger               // S0: life or freedom in danger now: 15 minutes, day and night
	Violence             // S1: violence, confinement, retaliation, serious injury: 2 hours
	Serious              // S2: papers held, debt, no pay at all, threats: 24 hours
	Ordinary             // S3: other problems of labour law: 3 days
	Information          // S4: a question: 5 days
)

// String returns the short form used by staff: S0 to S4.
func (s Severity) String() string {
	if s == Unjudged {
		return "S?"
	}
	return "S" + strconv.Itoa(int(s)-1)
}

// Worse returns the graver of two severities.
func (s Severity) Worse(t Severity) Severity {
	if s == Unjudged || t != Unjudged && t < s {
		return t
	}
	return s
}

// A Code names a kind of abuse: "pay", or "pay.late" below it.
type Code string

// Group returns the first level of c.
func (c Code) Group() Code {
	g, _, _ := strings.Cut(string(c), ".")
	return Code(g)
}

// A Category is one row of the taxonomy.
type Category struct {
	Code     Code
	Severity Severity // zero on the first level
	Check    string   // the question asked at once when it is chosen; empty for none
	ILO      []string // candidates among the eleven indicators of forced labour
	Fixers   []string // who usually puts it right
}

// A Taxonomy is the kinds of abuse in the order in which they are offered.
type Taxonomy struct {
	Version    int
	Categories []Category
}

//go:embed taxonomy.tsv
var taxonomyFile string

// Kinds is the taxonomy shipped with the program.
var Kinds = must(ParseTaxonomy(taxonomyFile))

func must(t Taxonomy, err error) Taxonomy {
	if err != nil {
		panic(err)
	}
	return t
}

// ParseTaxonomy reads tab-separated rows: code, severity, check, ilo, fixers.
// Its error names the line.
func ParseTaxonomy(file string) (t Taxonomy, err error) {
	for i, line := range strings.Split(strings.TrimRight(file, "\n"), "\n") {
		if v, ok := strings.CutPrefix(line, "# version\t"); ok {
			if t.Version, err = strconv.Atoi(v); err != nil {
				return t, fmt.Errorf("taxonomy: line %d: version %q is no number", i+1, v)
			}
		}
		if strings.HasPrefix(line, "#") || strings.HasPrefix(line, "code\t") {
			continue
		}
		f := strings.Split(line, "\t")
		if len(f) != 5 || f[0] == "" {
			return t, fmt.Errorf("taxonomy: line %d: want 5 columns with a code first, have %d", i+1, len(f))
		}
		c := Category{Code: Code(f[0]), Check: f[2], ILO: list(f[3]), Fixers: list(f[4])}
		if f[1] != "" {
			n, err := strconv.Atoi(strings.TrimPrefix(f[1], "S"))
			if err != nil || n < 0 || n > 4 {
				return t, fmt.Errorf("taxonomy: line %d: severity %q is not S0 to S4", i+1, f[1])
			}
			c.Severity = Severity(n + 1)
		}
		if _, twice := t.Find(c.Code); twice {
			return t, fmt.Errorf("taxonomy: line %d: %s stands twice", i+1, c.Code)
		}
		t.Categories = append(t.Categories, c)
	}
	return t, nil
}

func list(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, ",")
}

// Find returns the category of a code.
func (t Taxonomy) Find(c Code) (Category, bool) {
	i := slices.IndexFunc(t.Categories, func(k Category) bool { return k.Code == c })
	if i < 0 {
		return Category{}, false
	}
	return t.Categories[i], true
}

// Groups returns the first level.
func (t Taxonomy) Groups() (cs []Code) {
	for _, k := range t.Categories {
		if k.Code.Group() == k.Code {
			cs = append(cs, k.Code)
		}
	}
	return cs
}

// Below returns the second level of a group.
func (t Taxonomy) Below(g Code) (cs []Code) {
	for _, k := range t.Categories {
		if k.Code != g && k.Code.Group() == g {
			cs = append(cs, k.Code)
		}
	}
	return cs
}
