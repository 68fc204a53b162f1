"""Every error a person can cause or meet, as one tree. Each message says what to do.

NoverreError
|-- ConfigError      a command line or a configuration that cannot be performed
|-- BundleError      a bundle that is missing, damaged or not understood
|-- SourceError      a camera, file or trace that cannot be read
|-- DeviceError      a sound card that cannot be opened
|-- BackendError     an inference engine that is missing, refused or failed
`-- SinkError        a file or port that cannot be written
    `-- FileInUseError   a file that another show writes
"""


class NoverreError(Exception):
    """Base of all errors with a sentence for the person at the keyboard; exit code 2."""


class ConfigError(NoverreError):
    """A command line or a configuration that cannot be performed."""


class BundleError(NoverreError):
    """A bundle that is missing, damaged or not understood."""


class SourceError(NoverreError):
    """A camera, file or trace that cannot be read."""


class DeviceError(NoverreError):
    """A sound card that cannot be opened."""


class BackendError(NoverreError):
    """An inference engine that is missing, refused or failed."""


class SinkError(NoverreError):
    """A file or port that cannot be written."""


class FileInUseError(SinkError):
    """A file that another show writes."""
