import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { PortolanError } from '@portolan/netfilter'
import { type RememberedFile, readRemembered, writeRemembered } from './remembered-file.ts'

const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex')

/** A text that ends early may be a whole one of fewer services, which a watch would remove: so its sum stands before it. */
const firstLine = (text: string): string => `# sha256 ${digestOf(text)}\n`

/** A name for each source: it may have any characters. */
const fileIn = (directory: string, source: string): RememberedFile => ({
  directory,
  file: join(directory, `applied-${digestOf(source).slice(0, 32)}.yaml`),
  does: `keeps the text of ${source} that is in force`,
})

/**
 * The Compose text of a source outside of this host that was in force here last.
 *
 * @param source - where it came from: `etcd:///shop`
 * @returns null: none was
 * @throws PortolanError (`STATE`) when the file is damaged, or as root when others may write to it; PermissionError
 * when it may not be read
 * @example
 * await readAppliedText('/nowhere', 'etcd:///shop') // null
 * @public @since 0.1.0
 */
export const readAppliedText = async (directory: string, source: string): Promise<string | null> => {
  const remembered = fileIn(directory, source)
  const kept = await readRemembered(remembered)
  if (kept === null) return null
  const text = kept.slice(kept.indexOf('\n') + 1)
  if (kept === `${firstLine(text)}${text}`) return text
  throw new PortolanError(
    'STATE',
    `The file ${remembered.file} is damaged: it ${remembered.does}. It is written anew with the next text that comes into force, once etcd answers.`,
  )
}

/**
 * Remembers the Compose text of a source that is in force. A process that is killed leaves the one before, or this one.
 *
 * @throws PortolanError (`STATE`) when it cannot be written; PermissionError when it may not be
 * @example
 * await writeAppliedText(directory, 'etcd:///shop', 'services: {web: {ports: ["8080:80"]}}')
 * @public @since 0.1.0
 */
export const writeAppliedText = async (directory: string, source: string, text: string): Promise<void> => {
  await writeRemembered(fileIn(directory, source), `${firstLine(text)}${text}`)
}
