package cockroach

import (
	"regexp"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
)

// ParseQuantity reads an amount as Kubernetes writes it: "10Gi" bytes, "2" or
// "500m" CPUs. field is the flag's name. The error is a *Fault with what was
// probably meant as its hint. That it is more than 0 is for Validate to say.
func ParseQuantity(field, text string) (resource.Quantity, error) {
	// What Kubernetes would take, less exponents so great that it would spend
	// its time on them.
	known := regexp.MustCompile(`^[+-]?(\d{1,19}(\.\d{0,19})?|\.\d{1,19})([eE][+-]?\d{1,2}|[numkMGTPE]|[KMGTPE]i)?$`)
	if known.MatchString(text) {
		if q, err := resource.ParseQuantity(text); err == nil {
			return q, nil
		}
	}
	value := text
	if value == "" {
		value = `""`
	}
	return resource.Quantity{}, &Fault{Field: field, Value: value, Reason: "not an amount", Hint: quantityHint(field, text)}
}

// quantityHint guesses what was meant.
func quantityHint(field, text string) string {
	if field == "cpu" {
		return "2 or 500m"
	}
	match := regexp.MustCompile(`^\s*(\d+(?:\.\d+)?)\s*([kKmMgGtTpPeE])(?:[iI]?[bB]?|[iI]?[bB]ytes)\s*$`).FindStringSubmatch(text)
	if match == nil {
		return "10Gi"
	}
	unit := strings.ToUpper(match[2])
	decimal := unit
	if unit == "K" {
		decimal = "k"
	}
	return match[1] + decimal + " or " + match[1] + unit + "i"
}
