import type { Conflict, RemedyHook } from '@portolan/core'
import type { Fix } from '@portolan/host'
import { commandWording, type Wording } from '@portolan/netfilter'
import { ourName } from './configuration.ts'
import type { Firewalld } from './read-firewalld.ts'

type Commands = Fix['commands']

/** The policy that commands make or change; null: they are no commands of firewalld. */
export const policyIn = (commands: Commands): string | null => {
  for (const words of commands)
    for (const word of words) {
      const name = /^--(?:new-|delete-)?policy=(.+)$/.exec(word)?.[1]
      if (name !== undefined) return name
    }
  return null
}

/** The same commands for a policy of another name. */
const renamed = (commands: Commands, from: string, to: string): Commands =>
  commands.map((words) =>
    words.map((word) =>
      word.replace(/^(--(?:new-|delete-)?policy=)(.+)$/, (whole, option: string, name: string) =>
        name === from ? `${option}${to}` : whole,
      ),
    ),
  )

/** Gives a hook of firewalld a free policy name, because a foreign policy keeps its own. Null: no name is free. */
export const withFreeName = (
  hook: RemedyHook,
  { foreignPolicies }: Pick<Firewalld, 'foreignPolicies'>,
): RemedyHook | null => {
  const wanted = policyIn(hook.commands)
  if (wanted === null || !foreignPolicies.includes(wanted)) return hook
  const bridge = wanted.replace(ourName, '')
  const name = [2, 3, 4, 5, 6, 7, 8, 9]
    .map((number) => `p${number}-${bridge}`)
    .find((one) => !foreignPolicies.includes(one))
  if (name === undefined) return null
  return {
    ...hook,
    commands: renamed(hook.commands, wanted, name),
    undo: renamed(hook.undo, wanted, name),
  }
}

/**
 * Gives a hook of firewalld a priority that no other policy has. Firewalld mixes up the order of policies with equal
 * priority.
 *
 * @param priorities - the priority of each policy that exists; the chosen priority is added
 */
export const withOwnPriority = (hook: RemedyHook, priorities: Map<string, number>): RemedyHook => {
  const policy = policyIn(hook.commands)
  const given = hook.commands.flat().find((word) => word.startsWith(setPriority))
  if (policy === null || given === undefined) return hook
  const taken = new Set([...priorities].flatMap(([name, priority]) => (name === policy ? [] : [priority])))
  let priority = Number(given.slice(setPriority.length))
  while (taken.has(priority)) priority = priority > 20_000 ? priority - 1 : 32_767
  priorities.set(policy, priority)
  const commands = hook.commands.map((words) =>
    words.map((word) => (word === given ? `${setPriority}${priority}` : word)),
  )
  return { ...hook, commands }
}

const setPriority = '--set-priority='

/** Joins the commands of two requests: those that make the policy once, then all rules, then one reload. */
export const combine = (one: Commands, other: Commands): Commands => {
  const isReload = (words: readonly string[]): boolean => words.includes('--reload')
  const seen = new Set<string>()
  return [...one, ...other, ...one]
    .filter((words, at) => isReload(words) === at >= one.length + other.length)
    .filter((words) => {
      const key = words.join('\0')
      if (seen.has(key)) return false
      seen.add(key)
      return true
    })
}

/** A conflict that firewalld could mend and that is not mended, because the reload would change more than that. */
export const notReloaded = (conflict: Conflict, unsaved: string): Conflict => ({
  ...conflict,
  remedy: {
    text: `--fix leaves firewalld alone: it would have to reload it, and ${unsaved}. Save what is set at run time (firewall-cmd --runtime-to-permanent) or drop it (firewall-cmd --reload), then use --fix again.`,
    commands: [],
  },
})

/** Does the remedy of a conflict reload firewalld? */
export const reloadsFirewalld = ({ remedy: { commands } }: Conflict): boolean =>
  commands.includes('firewall-cmd --reload')

/**
 * Takes the commands out of a remedy that reloads firewalld, where a reload would lose settings. It drops what is set
 * at run time only. Fail2ban makes its settings there, and so does an administrator in a hurry.
 */
export const withoutLoss = (
  conflict: Conflict,
  firewalld: Pick<Firewalld, 'unsaved'> | null,
  { again }: Wording = commandWording,
): Conflict => {
  const unsaved = firewalld?.unsaved ?? null
  if (unsaved === null || !reloadsFirewalld(conflict)) return conflict
  return {
    ...conflict,
    remedy: {
      text: `firewalld would have to be reloaded for this, and ${unsaved}. Save what is set at run time (firewall-cmd --runtime-to-permanent) or drop it (firewall-cmd --reload). Then ${again} for the commands.`,
      commands: [],
    },
  }
}
