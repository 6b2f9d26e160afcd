import { existsSync, lstatSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type EngineReading, parseDockerStore } from '@portolan/core'
import { BoltFault, type BoltItem, readBoltFile } from '../bolt/index.ts'
import { inBigints } from '../file/in-bigints.ts'
import { isAbsent, whyUnread } from '../file/index.ts'

/** The most bytes that are read of a database. A network takes some 2 kB, a container on it some 3 kB. */
export const mostStoreBytes: number = 64 * 2 ** 20

/** The bucket of libnetwork, and the length of the counter before each of its values (moby, `libkv/store/boltdb`). */
const bucketName = 'libnetwork'
const counterBytes = 8

/**
 * Reads the networks in Docker's database in one of its data folders, with networks that are down, which no interface
 * shows. A complaint reports a database that cannot be read, and one that is out of reach: on a disk that is not
 * mounted.
 *
 * @param isNamed - true: Docker's settings name the folder
 * @returns null: there is no database
 */
export const readDockerStore = (dataRoot: string, isNamed: boolean): EngineReading | null => {
  const file = join(dataRoot, 'network/files/local-kv.db')
  try {
    const bucket = readBoltFile(file, mostStoreBytes).find(
      (item) => item.kind === 'bucket' && item.key.toString() === bucketName,
    )
    const items = bucket?.kind === 'bucket' ? bucket.items : []
    return parseDockerStore(items.flatMap(recordOf), file)
  } catch (error) {
    if (!isAbsent(error)) return complaint(file, why(error))
    const link = danglingLink(file)
    if (link !== null) return complaint(file, `the link ${link} leads nowhere`)
    return isNamed && !existsSync(dataRoot)
      ? complaint(file, 'its settings name a folder that is not there')
      : null
  }
}

/** Finds a dangling link on the path of a file. A link is the usual way to move Docker's data to another disk. */
const danglingLink = (file: string): string | null => {
  const above = dirname(file)
  const further = above === file ? null : danglingLink(above)
  if (further !== null || existsSync(file)) return further
  return lstatSync(file, { ...inBigints, throwIfNoEntry: false })?.isSymbolicLink() === true ? file : null
}

/** Explains in one clause why a database could not be read. */
const why = (error: unknown): string => (error instanceof BoltFault ? error.message : whyUnread(error))

const recordOf = (item: BoltItem): { readonly key: string; readonly text: string }[] =>
  item.kind === 'value' && item.value.length >= counterBytes
    ? [{ key: item.key.toString(), text: item.value.subarray(counterBytes).toString() }]
    : []

const complaint = (file: string, reason: string): EngineReading => ({
  ...{ networks: [], pools: [] },
  complaints: [
    `${file}, where Docker keeps its networks, could not be read (${reason}): its networks that are down are not avoided. Name their subnets with --reserve.`,
  ],
})
