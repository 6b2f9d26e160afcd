import { unsafeDirectory } from '../state/safe-place.ts'

/** The folders where Debian keeps administration programs. An ordinary user's PATH lacks them. */
const systemFolders = ['/usr/local/sbin', '/usr/sbin', '/sbin']
const usualPath = '/usr/local/bin:/usr/bin:/bin'

/**
 * Settings of iptables(8) that are removed. With them our children would lock another file than all other programs do,
 * or load their extensions from elsewhere.
 */
const dropped = new Set([
  'LANGUAGE',
  'XTABLES_LOCKFILE',
  'XTABLES_LIBDIR',
  'IPTABLES_LIB_DIR',
  'IP6TABLES_LIB_DIR',
])

/**
 * The environment of the programs that this process starts: messages in English, and the administration folders at the
 * end of PATH.
 *
 * An empty or relative element of PATH is dropped: it would run any `./nft` of the current folder. For root, a folder
 * that another user could put a program into is dropped too. /nix/store and the like stay, as they are root's own. The
 * loader's settings (LD_LIBRARY_PATH) stay as they are: this process itself was loaded with them.
 */
export const programEnvironment = (inherited: NodeJS.ProcessEnv): NodeJS.ProcessEnv => {
  const given = (inherited.PATH ?? usualPath).split(':')
  const folders = [...new Set([...given, ...systemFolders])].filter(
    (folder) => folder.startsWith('/') && isTrusted(folder),
  )
  const rest = Object.entries(inherited).filter(([name]) => !dropped.has(name))
  return { ...Object.fromEntries(rest), PATH: folders.join(':'), LC_ALL: 'C' }
}

const isTrusted = (folder: string): boolean => {
  try {
    return unsafeDirectory(folder, 'read') === null
  } catch {
    // The folder may not be looked at, or its links lead nowhere. No program is found there.
    return false
  }
}
