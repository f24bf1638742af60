/** A record without its undefined fields: unset options stay unset when passed on. */
type Given<Fields> = { [Name in keyof Fields]?: Exclude<Fields[Name], undefined> }

export const given = <Fields extends object>(fields: Fields): Given<Fields> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Given<Fields>
