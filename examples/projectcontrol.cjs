// A control script: whoever dials 3 hears the phone of 1003 ring.
// Needs the SIP server on port 9000 and the RTP server on 9002; listens on 9001 itself. Start it with
//   node examples/projectcontrol.cjs
const projectcontrol = require('hookline/control');

projectcontrol.directory('bling.babblevoice.com', [{ username: '1003', secret: '1123654789' }]);
projectcontrol.codecs = ['722', 'pcma', 'pcmu', 'ilbc', '2833'];

projectcontrol.onnewcall = (call) => {
  console.log(`a call for ${call.destination}`);
  call.onhangup = () => console.log(`the call for ${call.destination} is over`);
  call.ring();
  if (call.destination === '3') call.newcall({ to: { user: '1003' } });
};

projectcontrol.run();
