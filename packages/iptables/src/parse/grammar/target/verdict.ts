import { argumentOf } from '../../../model/option/extension.ts'
import {
  added,
  atMostOne,
  byDefault,
  countOf,
  flag,
  type Grammar,
  grammar,
  type Reader,
  type Settle,
  takes,
} from '../grammar.ts'
import { address } from '../value/address.ts'
import { choice, either, listOf, seriesOf, translated } from '../value/choice.ts'
import { u8, u16, u32, whole } from '../value/number.ts'
import { rejectWith } from '../value/reject-type.ts'
import { hardwareAddress, interfaceName, shaped } from '../value/text.ts'

const events = listOf([
  'new',
  'related',
  'destroy',
  'reply',
  'assured',
  'protoinfo',
  'helper',
  'mark',
  'natseqinfo',
  'secmark',
])

const zone = either(u16, translated({ mark: 'mark' }))

/** Reads a range of queues `first:last`; the last one is below 65535. */
const queues: Reader = (text) => {
  const [left = '', right, ...more] = text.split(':')
  const first = left === '' ? '0' : u16(left, 'ip')
  const last = right === undefined ? null : right === '' ? '65534' : whole(65534)(right, 'ip')
  if (first === null || last === null || more.length > 0 || Number(first) >= Number(last)) return null
  return `${first}:${last}`
}

const settleQueue: Settle = (options) => {
  if (countOf(options, 'queue-num', 'queue-balance') > 1) return null
  if (countOf(options, 'queue-cpu-fanout') > 0 && argumentOf(options, 'queue-balance') === undefined)
    return null
  return countOf(options, 'queue-num', 'queue-balance') > 0 ? options : [...options, added('queue-num', '0')]
}

const setName = shaped(/^[^\s"'\\]{1,31}$/)
const directions = seriesOf(shaped(/^(?:src|dst)$/), 6)

/** Targets that end the chain, or decide what happens to the packet. */
export const verdictTargets: Readonly<Record<string, Grammar>> = {
  ACCEPT: grammar([]),
  DROP: grammar([]),
  RETURN: grammar([]),
  QUEUE: grammar([]),
  NFQUEUE: grammar(
    [takes('queue-num', u16), takes('queue-balance', queues), flag('queue-bypass'), flag('queue-cpu-fanout')],
    { settle: settleQueue },
  ),
  REJECT: grammar([takes('reject-with', rejectWith)], {
    settle: byDefault('reject-with', { ip: 'icmp-port-unreachable', ip6: 'icmp6-port-unreachable' }),
    protocols: (options) => (argumentOf(options, 'reject-with') === 'tcp-reset' ? ['tcp'] : null),
  }),
  SYNPROXY: grammar(
    [flag('sack-perm'), flag('timestamp'), takes('wscale', whole(14)), takes('mss', u16), flag('ecn')],
    { protocols: ['tcp'] },
  ),
  NOTRACK: grammar([]),
  CT: grammar(
    [
      flag('notrack'),
      takes('helper', shaped(/^[^\s"'\\]{1,15}$/)),
      takes('timeout', shaped(/^[^\s"'\\]{1,31}$/)),
      takes('ctevents', events),
      takes('expevents', listOf(['new'])),
      takes('zone-orig', zone),
      takes('zone-reply', zone),
      takes('zone', zone),
    ],
    { settle: atMostOne('zone', 'zone-orig', 'zone-reply') },
  ),
  TEE: grammar([takes('gateway', address, { required: true }), takes('oif', interfaceName)]),
  SET: grammar(
    [
      takes('add-set', [setName, directions]),
      takes('del-set', [setName, directions]),
      takes('map-set', [setName, directions]),
      flag('exist'),
      takes('timeout', u32),
      flag('map-mark'),
      flag('map-prio'),
      flag('map-queue'),
    ],
    {
      settle: (options) => {
        const maps = countOf(options, 'map-mark', 'map-prio', 'map-queue') > 0
        if (countOf(options, 'add-set', 'del-set', 'map-set') === 0) return null
        return maps === countOf(options, 'map-set') > 0 ? options : null
      },
    },
  ),
}

/** Targets of IPv4 only. */
export const verdictTargets4: Readonly<Record<string, Grammar>> = {
  CLUSTERIP: grammar(
    [
      flag('new'),
      takes('hashmode', choice('sourceip', 'sourceip-sourceport', 'sourceip-sourceport-destport')),
      takes('clustermac', hardwareAddress),
      takes('total-nodes', u8),
      takes('local-node', u8),
      takes('hash-init', u32, { silent: '0' }),
    ],
    {
      settle: (options) => {
        const details = countOf(options, 'hashmode', 'clustermac', 'total-nodes', 'local-node')
        return details === (countOf(options, 'new') > 0 ? 4 : 0) ? options : null
      },
    },
  ),
}
