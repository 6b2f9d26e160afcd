/** The content of an element. A string is always text. */
export type Child = string | Node | readonly Child[]

/**
 * Makes an element. Foreign text comes in as strings alone, and a string becomes a text node, never markup.
 * @param look - the names of its classes
 */
export const make = <Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  look: string,
  ...children: readonly Child[]
): HTMLElementTagNameMap[Name] => {
  const made = document.createElement(name)
  if (look !== '') made.className = look
  made.append(...children.flatMap(nodesOf))
  return made
}

const nodesOf = (child: Child): readonly (string | Node)[] =>
  typeof child === 'string' || child instanceof Node ? [child] : child.flatMap(nodesOf)
