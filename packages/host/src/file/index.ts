export { type ReadTextOptions, readTextFile } from './read-text-file.ts'
export { DeviceError, RefusedFileError } from './refused-file-error.ts'
export { isAbsent, whyUnread } from './why-unread.ts'
