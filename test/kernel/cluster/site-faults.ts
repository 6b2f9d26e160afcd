import { setTimeout as delay } from 'node:timers/promises'
import type { EtcdMember } from '../../lab/cluster/etcd-member.ts'
import type { MembersSite } from '../../lab/cluster/members-site.ts'

export const siteFaultKinds = [
  'paused',
  'paused-briefly',
  'killed',
  'cut-off',
  'apart',
  'compacted',
  'full',
  'older-copy',
] as const

export type SiteFaultKind = (typeof siteFaultKinds)[number]

/** A fault that is active. `end` may be called at any time, and resolves once the site is whole again. */
export interface SiteFault {
  end(): Promise<void>
}

const pauses = [2, 2, 6, 6, 6, 20, 2, 6, 60]

const revisionOf = async (member: EtcdMember): Promise<string> => {
  const told = await member.ask('kv/range', { key: 'AA==' })
  return (told?.header as { readonly revision?: string } | undefined)?.revision ?? '1'
}

/** Keeps a copy of the data of each member, which `older-copy` puts back. */
export const keepCopy = async (site: MembersSite): Promise<void> => {
  await restarting(site, 'rm -rf copy && cp -a data copy')
}

const restarting = async ({ members }: MembersSite, script: string): Promise<void> => {
  for (const member of members) await member.kill()
  for (const { machine } of members) await machine.mustRun(['sh', '-c', `cd /run/etcd && ${script}`])
  for (const member of members) member.start()
}

/** @param index - selects the member, the host or the time */
export const startSiteFault = async (
  site: MembersSite,
  kind: SiteFaultKind,
  index: number,
): Promise<SiteFault> => {
  const { members, hosts } = site
  const member = members[index % members.length]
  const host = hosts[index % hosts.length]
  if (member === undefined || host === undefined) throw new Error('a site has members and hosts')
  switch (kind) {
    case 'paused':
    case 'paused-briefly': {
      // All members at once, so that no majority is left.
      for (const one of members) await one.pause()
      const early = new AbortController()
      const seconds = kind === 'paused-briefly' ? 1 : (pauses[index % pauses.length] ?? 2)
      const over = delay(seconds * 1000, undefined, { signal: early.signal })
        .catch(() => undefined)
        .then(() => {
          for (const one of members) one.resume()
        })
      return {
        end: async () => {
          early.abort()
          await over
        },
      }
    }
    case 'killed':
      await member.kill()
      return { end: async () => member.start() }
    case 'cut-off':
      await site.cut(members.map((one) => [host, one]))
      return { end: () => site.cut([]) }
    case 'apart':
      await site.cut(
        members
          .filter((one) => one !== member)
          .flatMap((one) => [
            [member, one],
            [host, one],
          ]),
      )
      return { end: () => site.cut([]) }
    case 'compacted':
      await member.ask('kv/compaction', { revision: await revisionOf(member) })
      return { end: async () => {} }
    case 'full': {
      const alarm = { memberID: '0', alarm: 'NOSPACE' }
      await member.ask('maintenance/alarm', { ...alarm, action: 'ACTIVATE' })
      return {
        end: async () => {
          await site.answers()
          const told = await member.ask('maintenance/alarm', { action: 'GET' })
          const alarms = (told?.alarms ?? []) as readonly { readonly memberID: string }[]
          for (const { memberID } of alarms)
            await member.ask('maintenance/alarm', { memberID, alarm: 'NOSPACE', action: 'DEACTIVATE' })
        },
      }
    }
    case 'older-copy':
      await restarting(site, 'if [ -d copy ]; then rm -rf data && cp -a copy data; fi')
      return { end: async () => {} }
  }
}
