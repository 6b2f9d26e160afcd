import type { Notice, TouchedTable } from '@portolan/host'
import type { Cause } from './host-event.ts'

/** This many causes are named; the rest is counted. */
const MOST = 6

/**
 * Describes what other programs changed, according to notices of the kernel. Each cause appears once.
 * @param ownPid - the process id of this process, whose own changes are no cause
 */
export const causesOf = (notices: readonly Notice[], ownPid: number): readonly Cause[] => {
  const causes = new Map<string, Cause>()
  for (const notice of notices.toSorted((one, other) => rankOf(one) - rankOf(other))) {
    if (notice.kind === 'rules' && notice.process?.pid === ownPid) continue
    if (isConsequence(notice)) continue
    for (const cause of causeOf(notice)) causes.set(cause.text, cause)
  }
  const all = [...causes.values()]
  return all.length <= MOST
    ? all
    : [...all.slice(0, MOST), { text: `and ${counted(all.length - MOST)}`, process: null }]
}

const counted = (more: number): string => (more === 1 ? '1 more change' : `${more} more changes`)

/** The order of causes: a change comes before the changes that follow from it. */
const order: readonly Notice['kind'][] = [
  'lost',
  'rules',
  'legacy-rules',
  'link',
  'sysctl',
  'address',
  'rule',
  'nexthop',
  'route',
]

const rankOf = (notice: Notice): number =>
  2 * order.indexOf(notice.kind) + ('action' in notice && notice.action === 'changed' ? 1 : 0)

/** include/uapi/linux/rtnetlink.h: RT_TABLE_LOCAL. The kernel adds and removes its routes along with addresses. */
const LOCAL_TABLE = 255

const isConsequence = (notice: Notice): boolean =>
  notice.kind === 'route' && (notice.route.table === LOCAL_TABLE || notice.route.type === 'multicast')

const causeOf = (notice: Notice): readonly Cause[] => {
  const plain = (text: string): readonly Cause[] => [{ text, process: null }]
  switch (notice.kind) {
    case 'rules': {
      const { process, tables } = notice
      const program = process === null ? 'a program' : `${process.name} (process ${process.pid})`
      return tables.map(({ family, name, action, added, removed }) => ({
        text: `${program} ${verbs[action](added, removed)} table ${family} ${name}`,
        process,
      }))
    }
    case 'legacy-rules':
      return plain(
        `rules of iptables-legacy changed (${notice.family === 'ip' ? 'IPv4' : 'IPv6'}, ${notice.tables.join(', ')})`,
      )
    case 'link':
      return plain(`interface ${notice.link.name ?? '?'} ${links[notice.action]}`)
    case 'address':
      return plain(
        `address ${notice.address} ${notice.action === 'new' ? 'came to' : 'was removed from'} ${notice.interface ?? 'an interface'}`,
      )
    case 'route': {
      const { destination = 'default', interface: name, table } = notice.route
      return plain(
        `route ${destination}${name === null || name === undefined ? '' : ` by ${name}`}${table === undefined ? '' : ` in table ${table}`} ${notice.action === 'new' ? 'came' : 'was removed'}`,
      )
    }
    case 'nexthop':
      return plain(`nexthop ${notice.id} ${notice.action === 'new' ? 'came' : 'was removed'}`)
    case 'rule':
      return plain(
        `routing rule ${notice.rule.priority ?? ''} ${notice.action === 'new' ? 'came' : 'was removed'}`,
      )
    case 'sysctl':
      return plain(`${notice.name} ${notice.value === null ? 'changed' : `became ${notice.value}`}`)
    case 'lost':
      return plain('changes of the host came faster than they could be taken')
  }
}

const verbs: Readonly<Record<TouchedTable['action'], (added: number, removed: number) => string>> = {
  new: () => 'made',
  replaced: () => 'replaced',
  removed: () => 'removed',
  changed: (added, removed) => (removed === 0 ? 'added to' : added === 0 ? 'removed from' : 'changed'),
}

const links = { new: 'came', changed: 'changed', removed: 'was removed' } as const
