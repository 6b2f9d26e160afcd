import type { ApplyOptions } from '../../apply/apply.ts'
import type { CommandContext } from '../command.ts'

/** How `apply` and `destroy` go about it, as the options say. */
export const applyOptions = ({ options, terminal }: CommandContext): ApplyOptions => ({
  ...(options.state === undefined ? {} : { stateDirectory: options.state }),
  onWait: (holder) =>
    terminal.say(
      `portolan: waiting for ${holder === null ? 'another process' : `${holder.name} (PID ${holder.pid})`}, which is changing this host's network`,
    ),
})
