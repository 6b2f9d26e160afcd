import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { type RememberedFile, readRemembered, writeRemembered } from './remembered-file.ts'

/** A name for each source: it may have any characters. */
const fileIn = (directory: string, source: string): RememberedFile => ({
  directory,
  file: join(directory, `applied-${createHash('sha256').update(source).digest('hex').slice(0, 32)}.yaml`),
  does: `keeps the text of ${source} that is in force`,
})

/**
 * The Compose text of a source outside of this host that was in force here last.
 *
 * @param source - where it came from: `etcd:///shop`
 * @returns null: none was
 * @throws PortolanError (`STATE`) as root when others may write to it; PermissionError when it may not be read
 * @example
 * await readAppliedText('/nowhere', 'etcd:///shop') // null
 * @public @since 0.1.0
 */
export const readAppliedText = (directory: string, source: string): Promise<string | null> =>
  readRemembered(fileIn(directory, source))

/**
 * Remembers the Compose text of a source that is in force. A process that is killed leaves the one before, or this one.
 *
 * @throws PortolanError (`STATE`) when it cannot be written; PermissionError when it may not be
 * @example
 * await writeAppliedText(directory, 'etcd:///shop', 'services: {web: {ports: ["8080:80"]}}')
 * @public @since 0.1.0
 */
export const writeAppliedText = async (directory: string, source: string, text: string): Promise<void> => {
  await writeRemembered(fileIn(directory, source), text)
}
