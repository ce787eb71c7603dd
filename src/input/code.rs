//! Stable codes of errors and warnings.

use std::fmt;

use serde::{Serialize, Serializer};

macro_rules! codes {
    ($($name:ident $code:literal $cause:literal $remedy:literal)*) => {
        /// A stable code of an error (`E…`). Codes are never reused.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(#[doc = $cause] $name,)*
        }

        impl Code {
            /// Every code, in order.
            pub const ALL: &'static [Code] = &[$(Code::$name,)*];

            /// The code as it is written.
            pub fn as_str(self) -> &'static str {
                match self { $(Code::$name => $code,)* }
            }

            /// What brings it about, in one sentence.
            pub fn cause(self) -> &'static str {
                match self { $(Code::$name => $cause,)* }
            }

            /// What to do about it, in one sentence.
            pub fn remedy(self) -> &'static str {
                match self { $(Code::$name => $remedy,)* }
            }
        }
    };
}

codes! {
    Syntax "E0101" "The file is not JSON in UTF-8." "Mend the syntax at the place named."
    TooDeep "E0102" "Arrays and objects are nested more than 127 deep." "Check that this is the file you meant."
    Unreadable "E0103" "A file cannot be read." "Check the path and its permissions."
    DuplicateKey "E0104" "A key stands twice in one object." "Remove or rename one of the two."
    WrongType "E0105" "A value is of another JSON type than the one expected." "Write a value of the type named."
    UnknownField "E0106" "A field or property that nobody knows." "Use the suggested name, or remove it."
    MissingField "E0107" "A field that must be there is not." "Add it."
    OutOfRange "E0108" "A number is outside its range." "Choose one within the range named."
    UnknownValue "E0109" "A word is none of those allowed." "Use one of the words listed."
    WrongVersion "E0110" "The file's format version is not one this program reads." "Use a matching program, or convert the file."
    Instance "E0111" "A packing instance cannot be read, or has an item larger than a bin." "Mend it at the place named."
    InvalidName "E0201" "An id, key or name has characters that it may not have." "Rename it as described."
    NoComponents "E0202" "The estate holds no component." "Add at least one component."
    NestedTest "E0112" "A case of `colocate test` runs `colocate test`." "Name all cases in one call."
    UnknownType "E0203" "A component type or resource type that no rule file describes." "Use the suggested name, or add a rule file with `--rules`."
    UnknownComponent "E0204" "A constraint or reference names a component that is not in the estate." "Use the suggested name, or remove it."
    PrefixCollision "E0205" "Two component ids give the same prefix." "Rename one of the two components."
    UnknownReference "E0206" "A `${…}` reference names nothing." "Refer to a requirement of this component, or to an output of another component."
    ReferenceCycle "E0207" "References lead in a circle." "Break the circle at one of the places listed."
    AmbiguousReference "E0208" "A reference fits several resources." "Name the requirement key: `${type:key.output}`."
    NotOverridable "E0209" "An override sets a property whose rule does not let it be overridden." "State the value in the components instead."
    LimitTooHigh "E0210" "A limit is raised above what the provider allows." "Lower it."
    OverrideConflict "E0211" "Two overrides of equal reach and priority set one property differently." "Remove one of them, or give one a higher priority."
    RuleInvalid "E0301" "A rule file contradicts itself or another one." "Mend the rule file as described."
    Expression "E0302" "An expression in a rule file does not compile or fails." "Mend the expression."
    Conflict "E0401" "Requirements disagree and the estate says that this is an error." "Align the values, or set `onConflict` to `split`."
    Inseparable "E0402" "Requirements must stay together and may not." "Break the chain of reasons at one of its links."
    Unequal "E0403" "Two requirements describe one element differently." "Give the element the same value in both."
    ElementTooBig "E0404" "One element alone exceeds a limit." "Divide the element, or raise the limit."
    RequirementTooBig "E0405" "One requirement alone exceeds a limit and has nothing to divide it by." "Reduce it, or raise the limit."
    TooManyResources "E0406" "The estate cannot be planned within `maxResources`." "Raise the bound, or remove what forces another resource."
    IdCollision "E0407" "The id of a further resource is also the key of another group." "Rename the requirement key."
    CheckFailed "E0408" "A merged resource breaks a check of its type." "Change the properties named, or set the components apart."
    NameCollision "E0409" "Two resources get the same provider name." "Rename one of the requirement keys."
    SplitReference "E0410" "A shared property refers to an output that differs between the components sharing it." "Set the components apart, or refer to one component's output by name."
    ElementName "E0411" "The provider does not accept the name of an element." "Rename it, or the component whose prefix it gets."
    ReservedWord "E0412" "The provider name of a resource contains a reserved word." "Rename the estate or the requirement key."
    BrokenLock "E0501" "A lock contradicts itself, or names what it does not list." "Mend it at the place named, or take the last good one."
    ForeignLock "E0502" "A lock was made for another estate." "Name the lock of this estate."
    NothingToImport "E0503" "A file of existing resources holds none that a rule imports." "Name another file, or add an `import` section to the rule files of its types."
    NoProjection "E0601" "A rule file does not say what a resource type becomes in the language asked for." "Add the section named to the rule file."
    OutputExists "E0602" "The folder to write to is not empty." "Choose another folder, or write over it with `--force`."
    SeveralFiles "E0603" "The result is several files and there is no folder to write them to." "Name a folder with `-o`."
    MixedCurrencies "E0701" "Prices are in different currencies, which do not add up." "Ask for all prices in one currency."
    Internal "E0901" "The program is at fault, not its input." "Report it, with the input."
    PatchFailed "E0801" "A patch of a scenario does not apply." "Mend the path, or the estate that the scenario was written for."
    AxisUnknown "E0802" "An axis of a sweep names nothing in the estate." "Use the suggested name, or remove the axis."
    TooManyScenarios "E0803" "The axes of a sweep multiply to more scenarios than are allowed." "Shorten an axis, or sweep over its parts in several files."
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
