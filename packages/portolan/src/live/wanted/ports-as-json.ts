import type { DesiredMapping } from '@portolan/core'
import type { JournalChange, JournalWriter } from '@portolan/host'
import { portKey } from './wanted-state.ts'

/** The text before and after a host port. */
interface Around {
  readonly before: string
  readonly behind: string
}

/** A change that publishes a port, as JSON, and the parts that another host port changes. */
interface Sample {
  readonly bytes: Uint8Array
  readonly key: Around
  readonly label: Around
  /** The offsets of the host port's digits: in the key, in the label, and as a number. */
  readonly places: readonly number[]
  readonly digits: number
}

const [opening, comma, closing, zero] = [0x5b, 0x2c, 0x5d, 0x30]

const encoder = new TextEncoder()

/**
 * Splits a text at a port. @param of - what stands directly before and after the port, since its digits may occur
 * elsewhere
 */
const splitAtPort = (text: string, port: string, of: Around): Around | null => {
  const at = text.lastIndexOf(`${of.before}${port}${of.behind}`)
  if (at < 0) return null
  const from = at + of.before.length
  return { before: text.slice(0, from), behind: text.slice(from + port.length) }
}

const joined = ({ before, behind }: Around, port: string): string => `${before}${port}${behind}`

/** A number with as many digits, each of them different. */
const otherPort = (port: string): string =>
  Array.from(port, (digit, at) => (at === 0 ? (digit === '1' ? 2 : 1) : (Number(digit) + 1) % 10)).join('')

/** Makes a sample of a mapping. @returns null: it is not clear what another host port would change */
const sampleOf = (mapping: DesiredMapping): Sample | null => {
  const port = `${mapping.hostPort}`
  const key = splitAtPort(portKey(mapping), port, { before: ' ', behind: '"]' })
  const label = splitAtPort(mapping.label, port, { before: ':', behind: '/' })
  if (key === null || label === null || mapping.kind !== 'nat') return null
  const withPort = (digits: string): Uint8Array => {
    const value = { ...mapping, hostPort: Number(digits), label: joined(label, digits) }
    return encoder.encode(JSON.stringify([joined(key, digits), value]))
  }
  const [bytes, other] = [withPort(port), withPort(otherPort(port))]
  // The digits of the port are where the two texts differ.
  const differing = [...bytes.keys()].filter((at) => bytes[at] !== other[at])
  const places = differing.filter((at) => !differing.includes(at - 1))
  return { bytes, key, label, places, digits: port.length }
}

/** Tells whether mappings differ only in their host ports and in the labels with these ports. */
const areAlike = (one: DesiredMapping, other: DesiredMapping): boolean =>
  one.targets === other.targets &&
  one.family === other.family &&
  one.protocol === other.protocol &&
  one.kind === other.kind &&
  one.hostAddress === other.hostAddress &&
  one.interface === other.interface &&
  one.allowFrom === other.allowFrom

/**
 * The number of similar ports in a row that makes a sample worthwhile. A sample takes as long as some ports by
 * `JSON.stringify`.
 */
const ENOUGH = 3

/** The mapping of a change that publishes a port; null: the change does something else. */
const mappingOf = (change: JournalChange | undefined): DesiredMapping | null =>
  change !== undefined && change.value !== null && change.key.startsWith('port ')
    ? (change.value as DesiredMapping)
    : null

/**
 * Writes the ports of one container by copying the first one with other digits. Writing a thousand ports with
 * `JSON.stringify` takes longer than the kernel takes to publish them.
 * @example
 * openJournal('/var/lib/portolan/live/shop.journal', follower, portsAsJson())
 */
export const portsAsJson = (): JournalWriter => {
  let last: DesiredMapping | null = null
  let alike = 0
  /** Kept while other changes come in between, such as the same port of UDP. */
  let known: { readonly mapping: DesiredMapping; readonly sample: Sample | null } | null = null
  return (changes) => {
    const first = mappingOf(changes[0])
    if (first === null) return null
    if (known === null || !areAlike(known.mapping, first)) {
      alike = (last !== null && areAlike(last, first) ? alike : 0) + changes.length
      last = first
      if (alike < ENOUGH) return null
      known = { mapping: first, sample: sampleOf(first) }
    }
    return known.sample === null ? null : writtenLike(known.sample, first, changes)
  }
}

/** Writes changes like a sample. @returns null: a change is not like the first one */
const writtenLike = (
  { bytes, key, label, places, digits }: Sample,
  first: DesiredMapping,
  changes: readonly JournalChange[],
): Uint8Array | null => {
  const written = Buffer.allocUnsafe(1 + changes.length * (bytes.length + 1))
  let at = 1
  for (const change of changes) {
    const mapping = mappingOf(change)
    if (mapping === null || !areAlike(first, mapping)) return null
    const port = `${mapping.hostPort}`
    if (port.length !== digits || mapping.label !== joined(label, port) || change.key !== joined(key, port))
      return null
    written.set(bytes, at)
    for (const place of places)
      for (let left = mapping.hostPort, to = at + place + digits - 1; left > 0; to -= 1) {
        const rest = left % 10
        written[to] = zero + rest
        left = (left - rest) / 10
      }
    at += bytes.length
    written[at] = comma
    at += 1
  }
  written[0] = opening
  written[at - 1] = closing
  return written
}
