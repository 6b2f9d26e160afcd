import { shellWord } from '@portolan/netfilter'
import type { CommandOutcome, Lab } from './lab.ts'

/** The folder for programs that a lab gives the host. It is first on the PATH of a typed command line. */
export const ownPrograms = '/run/lab/bin'

/**
 * Runs a command line as a person would after copying it to a terminal of the host. `portolan` is on the PATH, and `y`
 * answers its question. A terminal has one output stream, which is `stdout` here.
 */
export const typed = async ({ host, command }: Lab, line: string): Promise<CommandOutcome> => {
  await host.mustRun(['mkdir', '-p', ownPrograms])
  await host.writeText(
    `${ownPrograms}/portolan`,
    `#!/bin/sh\nexec ${command.map(shellWord).join(' ')} "$@"\n`,
  )
  await host.mustRun(['chmod', '+x', `${ownPrograms}/portolan`])
  return host.run(['script', '-qec', line, '/dev/null'], {
    input: 'y\n',
    environment: { PATH: `${ownPrograms}:${process.env.PATH}`, NO_COLOR: '1', NODE_OPTIONS: undefined },
  })
}
