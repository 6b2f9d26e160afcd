import type { ApplyOptions } from '../../apply/apply.ts'
import type { CommandContext } from '../command.ts'

/** The options of `apply` and `destroy`, from those of the command line. */
export const applyOptions = ({ options, terminal }: CommandContext): ApplyOptions => ({
  ...(options.state === undefined ? {} : { stateDirectory: options.state }),
  onWait: (holder) =>
    terminal.say(
      `portolan: waiting for ${holder === null ? 'another process' : `${holder.name} (PID ${holder.pid})`}, which is changing this host's network${holder?.isStopped ? ` and is stopped; "kill -CONT ${holder.pid}" continues it` : ''}`,
    ),
})
