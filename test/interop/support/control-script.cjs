// A control script as a user of mediaswitch writes it: every number is a user of the domain that it names.
const projectcontrol = require('hookline/control');

const users = ['1000', '1003', '1004'].map((username) => ({ username, secret: `secret-${username}` }));
projectcontrol.directory('127.0.0.1', users);
projectcontrol.codecs = ['722', 'pcma', 'pcmu', 'ilbc', '2833'];
projectcontrol.moh = { loop: true, files: [{ wav: 'tone-700.wav' }] };
projectcontrol.onreg = ({ user }) => console.log(`registered ${user}`);
projectcontrol.onnewcall = (call) => {
  console.log(`call for ${call.destination}`);
  call.newcall({ to: { user: call.destination } });
};
projectcontrol.onanswer = (call) => console.log(`answered ${call.info.to}`);
projectcontrol.onreporting = (call) => console.log(`over ${call.info.to} ${call.error.code}`);
projectcontrol.run().then(() => console.log('listening'));
