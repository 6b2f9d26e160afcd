import { outwardInterfaces } from '@portolan/core'
import type { Backend } from '../backend/backend.ts'
import { dialects, type RulesByBackend } from '../backend/dialects.ts'
import type { ScriptedPlan } from './whole-rules.ts'

/**
 * The remarks in the head of a script, about the projects that it contains and those that it removes.
 * @internal
 */
export const scriptRemarks = ({
  project,
  backend,
  observed: { facts, rules },
}: ScriptedPlan): readonly string[] => {
  const others = projectsIn(backend, rules).filter((one) => one !== project)
  return [
    ...(rules.incomplete?.includes(backend) === true
      ? [
          `It replaces all ${backend} rules of Portolan. The rules of the host were not read, or not all of them:`,
          'other projects there lose their rules when this is loaded.',
        ]
      : [
          `It replaces all ${backend} rules of Portolan, and holds those of other projects as they were when it was`,
          'printed. Once another project has changed, print it again instead of loading it.',
        ]),
    ...(dialects[backend].namesLeaving && outwardInterfaces(facts) === null
      ? [
          'The interfaces of the host were not known: its containers leave by any of them, also where only the policy of',
          'chain FORWARD keeps them from the containers of another engine.',
        ]
      : []),
    `Projects in it: ${project}.`,
    // One a line: iptables-restore reads a line of more than 10,239 bytes as two (iptables/iptables-restore.c).
    ...others.map((other) => `and, as the host has it: ${other}.`),
  ]
}

const projectsIn = <One extends Backend>(backend: One, rules: RulesByBackend): readonly string[] =>
  dialects[backend].projectsIn(rules[backend])
