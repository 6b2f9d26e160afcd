export type { ReadTextOptions } from './read-options.ts'
export { readTextFile } from './read-text-file.ts'
export { DeviceError, RefusedFileError } from './refused-file-error.ts'
export { isAbsent, whyUnread } from './why-unread.ts'
