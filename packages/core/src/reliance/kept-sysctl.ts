import { ownerName } from '@portolan/netfilter/analysis'
import { sysctlCommands } from '../conflict/remedy/sysctl-command.ts'
import type { SysctlUse } from './sysctl-use.ts'

/**
 * A sysctl that keeps the value Portolan gave it because something foreign may rely on that value. Portolan then
 * forgets that it set the sysctl, so no later `destroy` restores it.
 * @public @since 0.1.0
 */
export interface KeptSysctl {
  readonly name: string
  readonly value: string
  /** The host's own value before the first apply. */
  readonly before: string
  /** What may rely on it. Empty for a sysctl that stays only because another one stays. */
  readonly uses: readonly SysctlUse[]
  /** The commands that restore the host's own values, in this order. Empty where sysctl(8) would misread the name. */
  readonly commands: readonly string[]
  /** What stays, why, and what to do. */
  readonly message: string
}

/** A name and the value to go with it. */
interface NamedValue {
  readonly name: string
  readonly value: string
}

/**
 * Describes a sysctl that stays, with its uses and the commands that restore it.
 *
 * @param overwritten - what the kernel changes along with the sysctl, with the host's own values
 * @example
 * keptSysctl({ name: 'net.ipv4.ip_forward', value: '1', before: '0' }, []).commands
 * // ['sysctl -w net.ipv4.ip_forward=0']
 * @public @since 0.1.0
 */
export const keptSysctl = (
  { name, value, before }: Pick<KeptSysctl, 'name' | 'value' | 'before'>,
  uses: readonly SysctlUse[],
  overwritten: readonly NamedValue[] = [],
): KeptSysctl => {
  const commands = [{ name, value: before }, ...overwritten].flatMap((one) =>
    sysctlCommands(one.name, one.value),
  )
  const toDo = commands.length === 0 ? `set ${name} to ${before}` : `run: ${commands.join(' && ')}`
  return {
    ...{ name, value, before, uses, commands },
    message: [
      `${name} stays ${value}. It was ${before} before the first apply.`,
      ...reliance(uses),
      `Once nothing does, ${toDo}`,
    ].join(' '),
  }
}

/**
 * Describes an accept_ra that stays while the host forwards IPv6.
 *
 * @example
 * keptAdvertisements({ name: 'net.ipv6.conf.eth0.accept_ra', value: '2', before: '1' }).commands
 * // ['sysctl -w net.ipv6.conf.eth0.accept_ra=1']
 * @public @since 0.1.0
 */
export const keptAdvertisements = ({
  name,
  value,
  before,
}: Pick<KeptSysctl, 'name' | 'value' | 'before'>): KeptSysctl => {
  const commands = sysctlCommands(name, before)
  const toDo = commands.length === 0 ? `set it to ${before}` : `run: ${commands.join(' && ')}`
  return {
    ...{ name, value, before, uses: [], commands },
    message: `${name} stays ${value}, as the interface would lose its IPv6 routes while the host forwards. Once IPv6 forwarding is off, ${toDo}`,
  }
}

/** What may rely on a sysctl, as sentences. What could not be read is a sentence of its own. */
const reliance = (uses: readonly SysctlUse[]): readonly string[] => {
  const unread = uses.flatMap(({ kind, text }) => (kind === 'unread' ? [text] : []))
  const users = usersOf(uses.filter(({ kind }) => kind !== 'unread'))
  if (users.length === 0) return ['It is not known whether anything relies on it.', ...unread]
  return [
    `These may rely on it: ${users.join('; ')}.`,
    ...(unread.length === 0 ? [] : ['It is not known whether anything else does.', ...unread]),
  ]
}

/** The users of a sysctl for the message. One place of each owner is enough to recognise the owner. */
const usersOf = (uses: readonly SysctlUse[]): readonly string[] => {
  const named = new Map<string, string>()
  const unnamed: string[] = []
  for (const { kind, owner, text } of uses) {
    const place = placeOf(kind, text)
    if (owner === null) unnamed.push(place)
    else if (!named.has(owner)) named.set(owner, `${ownerName(owner)} (${place})`)
  }
  const all = [...named.values(), ...unnamed]
  return all.length <= most ? all : [...all.slice(0, most), `${all.length - most} more`]
}

const placeOf = (kind: SysctlUse['kind'], text: string): string => {
  if (kind === 'setting') return text
  if (kind === 'link') return `interface ${text}`
  return kind === 'bridge' ? `bridge ${text}` : `rule "${text}"`
}

const most = 6
