import type { Fix } from '@portolan/host'

/**
 * The commands that take back a fix of firewalld where a reload would drop what is set at run time only. They change
 * the permanent configuration as always, and remove the rules at run time one by one. A policy without rules does
 * nothing. It stays until the next reload.
 */
export const withoutReload = ({ commands, undo }: Fix): Fix['undo'] => [
  ...commands.flatMap((words) => {
    const policy = words.find((word) => word.startsWith('--policy='))
    const rule = words.find((word) => word.startsWith('--add-rich-rule='))
    return policy === undefined || rule === undefined
      ? []
      : [['firewall-cmd', policy, rule.replace('--add-', '--remove-')]]
  }),
  ...undo.flatMap((words) => {
    const lasting = words.join(' ') === 'firewall-cmd --reload' ? [] : [words]
    const isOfZone = words.some((word) => word.startsWith('--remove-interface='))
    return isOfZone ? [...lasting, words.filter((word) => word !== '--permanent')] : lasting
  }),
]
