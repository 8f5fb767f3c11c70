package deploy

import (
	"errors"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func class(name string, change ...func(*storagev1.StorageClass)) storagev1.StorageClass {
	c := storagev1.StorageClass{ObjectMeta: metav1.ObjectMeta{Name: name, Annotations: map[string]string{}}}
	for _, f := range change {
		f(&c)
	}
	return c
}

func byDefault(c *storagev1.StorageClass) { c.Annotations[annotationDefaultClass] = "true" }

func byOldDefault(c *storagev1.StorageClass) { c.Annotations[annotationDefaultClassBeta] = "true" }

func madeAt(hour int) func(*storagev1.StorageClass) {
	return func(c *storagev1.StorageClass) {
		c.CreationTimestamp = metav1.NewTime(time.Date(2026, 11, 22, hour, 0, 0, 0, time.UTC))
	}
}

func TestDefaultClass_isTheOneThatAClaimWithoutAClassGets(t *testing.T) {
	cases := map[string]struct {
		classes []storagev1.StorageClass
		want    string
	}{
		"none":                   {nil, ""},
		"none by default":        {[]storagev1.StorageClass{class("a"), class("b")}, ""},
		"said to be none":        {[]storagev1.StorageClass{class("a", func(c *storagev1.StorageClass) { c.Annotations[annotationDefaultClass] = "false" })}, ""},
		"one":                    {[]storagev1.StorageClass{class("a"), class("b", byDefault)}, "b"},
		"beta":                   {[]storagev1.StorageClass{class("a"), class("b", byOldDefault)}, "b"},
		"the newest of two":      {[]storagev1.StorageClass{class("a", byDefault, madeAt(1)), class("b", byDefault, madeAt(2))}, "b"},
		"the newest, first":      {[]storagev1.StorageClass{class("a", byDefault, madeAt(3)), class("b", byDefault, madeAt(2))}, "a"},
		"two of one age by name": {[]storagev1.StorageClass{class("b", byDefault, madeAt(2)), class("a", byDefault, madeAt(2))}, "a"},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			if got := defaultClass(test.classes); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestChooseStorage_takesTheFlagThenTheDefaultThenADirectoryOfOnesOwnMachine(t *testing.T) {
	standard := []storagev1.StorageClass{class("fast"), class("standard", byDefault)}
	one := []corev1.Node{plainNode("a")}
	three := []corev1.Node{plainNode("a"), plainNode("b"), plainNode("c")}
	kind := []corev1.Node{plainNode("kind-control-plane"), plainNode("kind-worker")}
	for i := range kind {
		kind[i].Spec.ProviderID = "kind://docker/kind/" + kind[i].Name
	}
	mixed := []corev1.Node{kind[0], plainNode("b")}
	cases := map[string]struct {
		wish    Wish
		classes []storagev1.StorageClass
		nodes   []corev1.Node
		want    storageChoice
	}{
		"the default class":             {Wish{}, standard, three, storageChoice{class: "standard"}},
		"a class by name":               {Wish{StorageClass: new("fast")}, standard, three, storageChoice{class: "fast"}},
		"a path before the default":     {Wish{HostPath: new("/data")}, standard, three, storageChoice{hostPath: "/data"}},
		"no class, one node":            {Wish{}, nil, one, storageChoice{hostPath: localHostPath}},
		"no class, nodes of kind":       {Wish{}, nil, kind, storageChoice{hostPath: localHostPath}},
		"no default, one node":          {Wish{}, []storagev1.StorageClass{class("fast")}, one, storageChoice{hostPath: localHostPath}},
		"an empty class is as unnamed":  {Wish{StorageClass: new("")}, standard, one, storageChoice{class: "standard"}},
		"an empty path is as not named": {Wish{HostPath: new("")}, standard, one, storageChoice{class: "standard"}},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := chooseStorage(test.wish, test.classes, nil, test.nodes)
			wantNoError(t, err)
			if got != test.want {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
	for name, nodes := range map[string][]corev1.Node{"several nodes": three, "not all of kind": mixed, "no nodes seen": nil} {
		_, err := chooseStorage(Wish{}, nil, nil, nodes)
		own := theError(t, err, Failed, "NO_STORAGE_CLASS")
		if own.Cause == nil || own.Cause.ID != "NO_STORAGE_CLASS" || own.Next == "" {
			t.Errorf("%s: got %+v", name, own)
		}
	}
}

func TestChooseStorage_takesAClassThatNobodyMayLookAt(t *testing.T) {
	got, err := chooseStorage(Wish{StorageClass: new("fast")}, nil, errors.New("forbidden"), nil)
	wantNoError(t, err)
	if got != (storageChoice{class: "fast"}) {
		t.Errorf("got %+v", got)
	}
	_, err = chooseStorage(Wish{StorageClass: new("fast")}, nil, nil, nil)
	if own := theError(t, err, Failed, "storageclass fast: not found"); own.Next != "there is none at all; crdb-kube up --host-path DIR keeps the data in a directory of each node" {
		t.Errorf("next %q", own.Next)
	}
}

func TestChooseStorage_namesTheClassesThatThereAre(t *testing.T) {
	classes := []storagev1.StorageClass{class("slow"), class("fast")}
	three := []corev1.Node{plainNode("a"), plainNode("b"), plainNode("c")}
	_, err := chooseStorage(Wish{StorageClass: new("fsat")}, classes, nil, three)
	if own := theError(t, err, Failed, "storageclass fsat: not found"); own.Next != "choose one of fast and slow with --storage-class" {
		t.Errorf("next %q", own.Next)
	}
	_, err = chooseStorage(Wish{}, classes, nil, three)
	if own := theError(t, err, Failed); own.Next != "crdb-kube up --storage-class NAME, with one of fast and slow" {
		t.Errorf("next %q", own.Next)
	}
}

func TestChooseStorage_doesNotTakeForMissingWhatItMayNotLookAt(t *testing.T) {
	forbidden := errors.New("forbidden")
	_, err := chooseStorage(Wish{}, nil, forbidden, []corev1.Node{plainNode("a")})
	wantError(t, err, Failed, "you may not list StorageClasses")
	got, err := chooseStorage(Wish{StorageClass: new("fast")}, nil, forbidden, nil)
	if err != nil || got.class != "fast" {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestBindingWord_saysOnlyWhatIsKnown(t *testing.T) {
	later := storagev1.VolumeBindingWaitForFirstConsumer
	classes := []storagev1.StorageClass{class("now"), class("later", func(c *storagev1.StorageClass) { c.VolumeBindingMode = &later })}
	for name, want := range map[string]string{"now": " binds at once", "later": " binds when a pod needs it", "unknown": ""} {
		if got := bindingWord(classes, name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}
