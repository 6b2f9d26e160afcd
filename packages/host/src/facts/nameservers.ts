import { isIP } from 'node:net'
import { errorCode } from '@portolan/netfilter/schema'
import { parseAddress } from '../address/address-bytes.ts'
import { addressText } from '../address/address-text.ts'
import { readTextFile } from '../file/index.ts'

/** The addresses on which systemd-resolved listens for stub clients (resolved.conf(5), `DNSStubListener`). */
const stubs = new Set(['127.0.0.53', '127.0.0.54'])

/**
 * The nameservers that a resolv.conf names, in its order, canonical and each once. Comments begin with `#` or `;`
 * (resolv.conf(5)). A zone is dropped, because only the address matters.
 */
export const parseResolvConf = (text: string): readonly string[] => {
  const found = new Set<string>()
  for (const line of text.split('\n')) {
    const [keyword, value] = (line.split(/[#;]/)[0] ?? '').trim().split(/\s+/)
    const address = value?.split('%')[0] ?? ''
    if (keyword === 'nameserver' && isIP(address) !== 0) found.add(canonical(address))
  }
  return [...found]
}

const canonical = (text: string): string => {
  const { bytes } = parseAddress(text)
  return addressText(new DataView(bytes.buffer), 0, bytes.length)
}

/**
 * The nameservers of this host. Where the file names systemd-resolved's stub, the upstream servers of the stub follow:
 * a subnet must not cover their addresses.
 *
 * @throws Error when the file exists but cannot be read, or is a pipe
 */
export const readNameservers = (
  file = '/etc/resolv.conf',
  upstreamFile = '/run/systemd/resolve/resolv.conf',
): readonly string[] => {
  const servers = parseResolvConf(readIfThere(file))
  return servers.some((server) => stubs.has(server))
    ? [...new Set([...servers, ...parseResolvConf(readIfThere(upstreamFile))])]
    : servers
}

const mostBytes = 2 ** 20

const readIfThere = (file: string): string => {
  try {
    return readTextFile(file, { mostBytes, invalid: 'replace' })
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return ''
    throw error
  }
}
