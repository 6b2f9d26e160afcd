import { createHash } from 'node:crypto'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { PortolanError } from '@portolan/netfilter'
import { errorCode } from '@portolan/netfilter/schema'
import { syncDirectory } from '../state/own-file.ts'
import { fileError, type RememberedFile, readRemembered, writeRemembered } from './remembered-file.ts'

const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex')

/**
 * The first line of the file: the digest of the rest. A truncated text could be a valid text with fewer services, and a
 * watch would remove the missing ones.
 */
const firstLine = (rest: string): string => `# sha256 ${digestOf(rest)}\n`

/**
 * The second line of the file: the project of the text. Removing the project removes its texts, whatever their source.
 */
const secondLine = ({
  project,
  profiles = [],
  backend,
  url,
  revisions,
}: Omit<AppliedText, 'text'>): string => {
  const { put, seen, older } = revisions ?? {}
  const words = [
    project,
    // A word with "=" is a named value, as no encoded profile contains "=".
    ...Object.entries({ backend, url, put, seen, older }).flatMap(([name, value]) =>
      value === undefined ? [] : [`${name}=${encodeURIComponent(value)}`],
    ),
    ...profiles.map(encodeURIComponent),
  ]
  return `# project ${words.join(' ')}\n`
}

const projectLine = /^# project (\S+)((?: \S+)*)\n/

/** The file of a source. Its name holds a digest, because a source may contain any characters. */
const fileIn = (directory: string, source: string): RememberedFile => ({
  directory,
  file: join(directory, `applied-${digestOf(source).slice(0, 32)}.yaml`),
  does: `keeps the text of ${source} that is in force`,
})

/** The part of a file after its digest. */
const behindSum = (kept: string): string => kept.slice(kept.indexOf('\n') + 1)

/**
 * Reads the Compose text of a source outside this host that was last in force here.
 *
 * @param source - where the text came from: `etcd:///shop`
 * @returns null: no such text was in force
 * @throws PortolanError (`STATE`) when the file is damaged, or as root when others may write to it; PermissionError
 * when it may not be read
 * @example
 * await readAppliedText('/nowhere', 'etcd:///shop') // null
 * @public @since 0.1.0
 */
export const readAppliedText = async (directory: string, source: string): Promise<AppliedText | null> => {
  const remembered = fileIn(directory, source)
  const kept = await readRemembered(remembered)
  if (kept === null) return null
  const applied = appliedIn(kept)
  if (applied !== null) return applied
  throw new PortolanError(
    'STATE',
    `The file ${remembered.file} is damaged: it ${remembered.does}. It is written anew with the next text that comes into force, once etcd answers.`,
  )
}

/**
 * The file that holds the Compose text of a source, after two lines of comments.
 * @example
 * appliedTextFile('/var/lib/portolan', 'etcd:///shop') // '/var/lib/portolan/applied-….yaml'
 * @public @since 0.1.0
 */
export const appliedTextFile = (directory: string, source: string): string => fileIn(directory, source).file

/**
 * Tells whether a Compose text of a source is remembered, readable or not.
 * @example
 * hasAppliedText('/nowhere', 'etcd:///shop') // false
 * @public @since 0.1.0
 */
export const hasAppliedText = (directory: string, source: string): boolean =>
  existsSync(fileIn(directory, source).file)

/**
 * A Compose text, with its project.
 * @public @since 0.1.0
 */
export interface AppliedText {
  readonly project: string
  readonly text: string
  /** The profiles that are in force with it; absent: none. */
  readonly profiles?: readonly string[]
  /** The backend that is in force with it; absent: not known. */
  readonly backend?: string
  /** The source that a watch is told to read the text from: `etcd:///shop`; absent: not known. */
  readonly url?: string
  /** The place of the text in the history of its key; absent: not known. */
  readonly revisions?: TextRevisions
}

/**
 * The place of a text in force in the history of its etcd key.
 * @public @since 0.1.0
 */
export interface TextRevisions {
  /** The revision at which the text was put. */
  readonly put: number
  /** The last revision at which etcd was seen. */
  readonly seen: number
  /** The revision at which etcd was first seen with an older copy of its data after that; absent: it was not. */
  readonly older?: number
}

/**
 * Remembers the Compose text of a source that is in force. It replaces the text of another source for the same project.
 * A process that is killed leaves the former text or this one.
 *
 * @throws PortolanError (`STATE`) when the text cannot be written; PermissionError when it may not be
 * @example
 * const text = 'services: {web: {ports: ["8080:80"]}}'
 * await writeAppliedText(directory, 'etcd:///shop', { project: 'shop', text })
 * @public @since 0.1.0
 */
export const writeAppliedText = async (
  directory: string,
  source: string,
  { text, ...of }: AppliedText,
): Promise<void> => {
  const rest = `${secondLine(of)}${text}`
  const own = fileIn(directory, source)
  await writeRemembered(own, `${firstLine(rest)}${rest}`)
  const others = (await filesOf(directory, of.project)).filter(({ file }) => file.file !== own.file)
  for (const { file } of others) await forget(file)
}

/** The files with a text of a project; null: of any project. A damaged file still names its project. */
const filesOf = async (
  directory: string,
  project: string | null,
): Promise<readonly { readonly file: RememberedFile; readonly project: string; readonly kept: string }[]> => {
  const found: { file: RememberedFile; project: string; kept: string }[] = []
  for (const name of namesIn(directory)) {
    const does = 'keeps the text of a key that was in force last'
    const file = { directory, file: join(directory, name), does }
    const kept = await readRemembered(file)
    if (kept === null) continue
    const [, of = ''] = projectLine.exec(behindSum(kept)) ?? []
    if (project === null || of === project) found.push({ file, project: of, kept })
  }
  return found
}

const namesIn = (directory: string): readonly string[] => {
  try {
    return readdirSync(directory).filter((name) => /^applied-[0-9a-f]{32}\.yaml$/.test(name))
  } catch (error) {
    const code = errorCode(error)
    if (code === 'ENOENT' || code === 'ENOTDIR') return []
    const does = 'keeps the texts of keys that were in force last'
    throw fileError('read', { directory, file: directory, does }, error)
  }
}

/**
 * The projects with a remembered Compose text, sorted.
 *
 * @throws PortolanError (`STATE`), PermissionError as `readAppliedText` does
 * @example
 * await appliedProjects('/nowhere') // []
 * @public @since 0.1.0
 */
export const appliedProjects = async (directory: string): Promise<readonly string[]> =>
  [...new Set((await filesOf(directory, null)).map(({ project }) => project))].sort()

/**
 * Reads the Compose text of a source outside this host that is in force for a project.
 *
 * @returns null: there is no such text, or it is damaged
 * @throws PortolanError (`STATE`), PermissionError as `readAppliedText` does
 * @example
 * await readAppliedTextOf('/nowhere', 'shop') // null
 * @public @since 0.1.0
 */
export const readAppliedTextOf = async (directory: string, project: string): Promise<AppliedText | null> => {
  // There may be texts of several sources: a process was killed while it wrote one, or an earlier version left it.
  const [found] = newestFirst(await filesOf(directory, project))
  if (found === undefined) return null
  return appliedIn(found.kept)
}

/** Parses a file of a text; null: the file is damaged. */
const appliedIn = (kept: string): AppliedText | null => {
  const rest = behindSum(kept)
  if (kept !== `${firstLine(rest)}${rest}`) return null
  const [, project = '', named = ''] = projectLine.exec(rest) ?? []
  const words = named.split(' ').filter((one) => one !== '')
  const wordOf = (name: string): string | null => {
    const word = words.find((one) => one.startsWith(`${name}=`))
    return word === undefined ? null : decodeURIComponent(word.slice(name.length + 1))
  }
  const numberOf = (name: string): number | null => {
    const value = wordOf(name)
    return value === null ? null : Number(value)
  }
  const [backend, url] = [wordOf('backend'), wordOf('url')]
  const [put, seen, older] = [numberOf('put'), numberOf('seen'), numberOf('older')]
  return {
    project,
    ...(backend === null ? {} : { backend }),
    ...(url === null ? {} : { url }),
    ...(put === null || seen === null
      ? {}
      : { revisions: { put, seen, ...(older === null ? {} : { older }) } }),
    profiles: words.filter((one) => !one.includes('=')).map(decodeURIComponent),
    text: rest.replace(projectLine, ''),
  }
}

/**
 * Forgets the Compose texts of a project, so that no watch restores the project from them.
 *
 * @param project - null: every project
 * @returns a function that remembers the texts again
 * @throws PortolanError (`STATE`) when a text cannot be deleted; PermissionError when it may not be
 * @example
 * await forgetAppliedTexts('/nowhere', 'shop')
 * @public @since 0.1.0
 */
export const forgetAppliedTexts = async (
  directory: string,
  project: string | null,
): Promise<() => Promise<void>> => {
  const files = await filesOf(directory, project)
  for (const { file } of files) await forget(file)
  return async () => {
    for (const { file, kept } of files) await writeRemembered(file, kept)
  }
}

const forget = async (remembered: RememberedFile): Promise<void> => {
  try {
    await rm(remembered.file, { force: true })
    syncDirectory(remembered.directory)
  } catch (error) {
    throw fileError('deleted', remembered, error)
  }
}

const newestFirst = <Kept extends { readonly file: RememberedFile }>(
  files: readonly Kept[],
): readonly Kept[] => {
  const writtenAt = ({ file }: Kept): bigint =>
    statSync(file.file, { bigint: true, throwIfNoEntry: false })?.mtimeNs ?? 0n
  return files
    .map((one) => ({ one, at: writtenAt(one) }))
    .sort((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : 0))
    .map(({ one }) => one)
}
