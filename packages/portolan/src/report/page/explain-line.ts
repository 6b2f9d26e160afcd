import type { Packet } from '@portolan/netfilter'
import { shellLine } from '@portolan/netfilter'
import { socketText } from '@portolan/netfilter/text'

/** The command that tells the same about the host as it is now. */
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
    ...(source == null ? [] : ['--from', socketText(source, sourcePort)]),
    ...['--to', `${socketText(destination, destinationPort)}/${protocol}`],
    ...(source == null || by == null ? [] : ['--in', by]),
  ])
