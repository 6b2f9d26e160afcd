import { formatPrefix, tryParseAddress, tryParseHostOrPrefix } from '@portolan/netfilter'

/** What stands in a file where a subnet should be, and the words for where that is. */
export interface WrittenSubnet {
  readonly what: string
  readonly value: unknown
}

/** The subnets among what is written, canonical and each once, and a sentence for each that is none. */
export interface Subnets {
  readonly subnets: readonly string[]
  readonly complaints: readonly string[]
}

/**
 * Reads subnets as other engines write them: with host bits (`192.168.5.1/24`), or an address for itself alone.
 * The whole address space (`0.0.0.0/0`) is a default route, and `0.0.0.0/28` is systemd's way to say "any /28":
 * neither is a network.
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
