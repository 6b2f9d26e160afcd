import { formatPrefix, tryParseAddress, tryParseHostOrPrefix } from '@portolan/netfilter'

/** A value found where a subnet is expected, and the words for its place in the file. */
export interface WrittenSubnet {
  readonly what: string
  readonly value: unknown
}

/** The canonical subnets among the values, without duplicates, and a sentence for each value that is no subnet. */
export interface Subnets {
  readonly subnets: readonly string[]
  readonly complaints: readonly string[]
}

/**
 * Reads subnets as other engines write them: with host bits (`192.168.5.1/24`), or as a single address. Two kinds of
 * value are not networks and are skipped: the whole address space (`0.0.0.0/0`) is a default route, and `0.0.0.0/28` is
 * systemd's syntax for "any /28".
 */
export const readSubnets = (file: string, written: readonly WrittenSubnet[]): Subnets => {
  const subnets = new Set<string>()
  const complaints: string[] = []
  for (const { what, value } of written) {
    const text = typeof value === 'string' ? value.trim() : ''
    const prefix = tryParseHostOrPrefix(text)
    if (prefix === null) {
      const shown = JSON.stringify(value) ?? 'nothing'
      complaints.push(
        `${file}: ${what}: expected a subnet such as 10.88.0.0/16, found ${shown.length > 60 ? `${shown.slice(0, 60)}...` : shown}; it is not avoided.`,
      )
    } else if (!isUnspecified(text)) subnets.add(formatPrefix(prefix))
  }
  return { subnets: [...subnets], complaints }
}

const isUnspecified = (text: string): boolean => {
  const address = tryParseAddress(text.split('/')[0] ?? '')
  return address !== null && Number(address.value) === 0
}
