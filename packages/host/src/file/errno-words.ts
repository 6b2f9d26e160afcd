/** Why the kernel refused a file, in words for both reading and writing. */
const ofBoth: Readonly<Record<string, string>> = {
  ENOTDIR: 'a part of its path is not a folder',
  EISDIR: 'it is a folder',
  ELOOP: 'its links go in circles',
  ENXIO: 'it is a socket or a device that is not there',
  ENAMETOOLONG: 'its name is too long',
  EIO: 'the disk or device failed (EIO)',
  EMFILE: 'this process has too many files open (EMFILE)',
  ENFILE: 'this system has too many files open (ENFILE)',
  ERR_INVALID_ARG_VALUE: 'its name has a NUL character in it',
}

export const readingWords: Readonly<Record<string, string>> = {
  ...ofBoth,
  ENOENT: 'there is no such file',
  EACCES: 'this user may not read it',
  EPERM: 'this user may not read it',
}

/** What to do where a file cannot be read. */
export const untilReadWords: Readonly<Record<string, string>> = {
  ENOENT: 'Check its name',
  ENOTDIR: 'Check its name',
  EISDIR: 'Put a file in its place, or name another',
  EACCES: 'Let this user read it, or run this as another user',
  EPERM: 'Let this user read it, or run this as another user',
  EMFILE: 'Close files, or raise the limit of open files (ulimit -n), and run this again',
}

export const writingWords: Readonly<Record<string, string>> = {
  ...ofBoth,
  ENOENT: 'there is no such folder',
  EEXIST: 'in its place is something else, such as a link that leads nowhere',
  EACCES: 'this user may not write there',
  EPERM: 'this user may not write there',
  ENOSPC: 'the disk is full (ENOSPC)',
  EDQUOT: 'the disk quota is used up (EDQUOT)',
  EROFS: 'its file system is mounted read-only (EROFS)',
  EFBIG: 'it is larger than a file may be there (EFBIG)',
  ETXTBSY: 'it is a program that runs (ETXTBSY)',
}

/** What to do where a file cannot be written, for errors that can be mended in place. */
export const mendingWords: Readonly<Record<string, string>> = {
  ENOSPC: 'Make room there',
  EDQUOT: 'Make room there',
  EROFS: 'Mount it writable',
}
