export const jsonSchemas: () => Readonly<Record<'host-facts.json', unknown>>
