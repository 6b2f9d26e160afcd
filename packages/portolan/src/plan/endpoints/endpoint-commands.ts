import type { EndpointMark } from '@portolan/core'
import { shellLine, type Wording } from '@portolan/netfilter'

/** How a command of `portolan` about a project is written. */
export type WrittenCommand = (command: string, project: string) => string

export const asItIs: WrittenCommand = (command) => command

/** Takes an endpoint off all networks of its project. */
export const detachCommand = (
  { project, endpoint }: Pick<EndpointMark, 'project' | 'endpoint'>,
  written: WrittenCommand,
  ...options: readonly string[]
): string => written(shellLine(['portolan', 'detach', endpoint, '-p', project, ...options]), project)

/** Puts an endpoint on its network, or gives it what it lacks there. */
export const attachCommand = (
  { project, network, endpoint }: EndpointMark,
  written: WrittenCommand,
): string => {
  const command = shellLine(['portolan', 'attach', `${project}/${network}`, '--name', endpoint])
  return `${written(command, project)} --netns NAMESPACE`
}

/**
 * What applies the text again, in a clause that follows "and then".
 * @param wording - names no apply where a key has the text, which its watch applies
 */
export const applyAgain = (project: string, written: WrittenCommand, { apply }: Wording): string => {
  const command = written('portolan apply', project)
  return apply === null
    ? `have the text applied again: its watch does that as it gets SIGHUP, or as it is started anew (\`${command}\`)`
    : `\`${command}\``
}

/** The commands that make an interface anew, as a sentence. */
export const attachAnew = (mark: EndpointMark, purpose: string, written: WrittenCommand): string =>
  `${purpose}: \`${detachCommand(mark, written, '--keep-leases')}\`, and then \`${attachCommand(mark, written)}\` with the process or namespace that it was attached in.`

/** What else goes with `detach` of an endpoint, as a sentence with a space before it. */
export const alsoDetached = (
  { project, network, endpoint }: EndpointMark,
  ends: readonly { readonly mark: EndpointMark }[],
): string => {
  const others = new Set(
    ends.flatMap(({ mark }) =>
      mark.project === project && mark.endpoint === endpoint && mark.network !== network
        ? [mark.network]
        : [],
    ),
  )
  return others.size === 0
    ? ''
    : ` Detach takes it off ${[...others].join(' and ')} as well, so attach it there again.`
}
