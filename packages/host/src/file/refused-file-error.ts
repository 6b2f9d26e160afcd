/** A refusal to read a file because of its kind or content, not because of a kernel error. `message` is one clause. */
export class RefusedFileError extends Error {
  /** What to do, as a sentence without its full stop. */
  readonly mend: string

  constructor(message: string, mend = 'Put a file in its place, or name another') {
    super(message)
    this.mend = mend
  }
}

/** A device where a file was expected. systemd.network(5) masks a file with a link to /dev/null. */
export class DeviceError extends RefusedFileError {}
