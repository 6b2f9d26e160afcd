import type { Packet } from '@portolan/netfilter'
import { shellLine } from '@portolan/netfilter'

/** The command that tells the same about the host as it is. */
export const explainLine = ({
  source,
  sourcePort,
  destination,
  destinationPort,
  protocol,
  in: by,
}: Packet): string =>
  shellLine([
    ...['portolan', 'explain'],
    ...(source == null ? [] : ['--from', end(source, sourcePort)]),
    ...['--to', `${end(destination, destinationPort)}/${protocol}`],
    ...(source == null || by == null ? [] : ['--in', by]),
  ])

const end = (address: string, port: number | null | undefined): string => {
  if (port == null) return address
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}
