import type { EndpointMark } from '@portolan/core'
import { shellLine, type Wording } from '@portolan/netfilter'

/** Writes a command of `portolan` about a project. */
export type WrittenCommand = (command: string, project: string) => string

export const asItIs: WrittenCommand = (command) => command

/** The command that takes an endpoint off all networks of its project. */
export const detachCommand = (
  { project, endpoint }: Pick<EndpointMark, 'project' | 'endpoint'>,
  written: WrittenCommand,
  ...options: readonly string[]
): string => written(shellLine(['portolan', 'detach', endpoint, '-p', project, ...options]), project)

/** The command that puts an endpoint on its network, or adds what it lacks there. */
export const attachCommand = (
  { project, network, endpoint }: EndpointMark,
  written: WrittenCommand,
): string => {
  const command = shellLine(['portolan', 'attach', `${project}/${network}`, '--name', endpoint])
  return `${written(command, project)} --netns NAMESPACE`
}

/**
 * The words for applying the text again, as a clause after "and then".
 * @param wording - without a command for apply, where the text is a key that a watch applies
 */
export const applyAgain = (project: string, written: WrittenCommand, { apply }: Wording): string => {
  const command = written('portolan apply', project)
  return apply === null
    ? `have the text applied again: its watch does that when it gets SIGHUP or is started anew (\`${command}\`)`
    : `\`${command}\``
}

/** The commands that replace an interface, as a sentence. */
export const attachAnew = (mark: EndpointMark, purpose: string, written: WrittenCommand): string =>
  `${purpose}: \`${detachCommand(mark, written, '--keep-leases')}\`, and then \`${attachCommand(mark, written)}\` with the process or namespace that it was attached in.`

/** The other networks that `detach` takes an endpoint off, as a sentence with a space before it. */
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
