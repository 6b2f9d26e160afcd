/** A file that is not read, for what it is rather than for a failure of the kernel's. `message` is one clause. */
export class RefusedFileError extends Error {}

/** A device where a file was looked for. A link to /dev/null is how systemd.network(5) masks a file. */
export class DeviceError extends RefusedFileError {}
